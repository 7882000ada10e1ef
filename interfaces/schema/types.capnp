# Derived from Rust traits; do not edit.

@0xe3b919d2c176c305;


enum Network @0x9e6c67eac8067e9d {
  main @0;
  test @1;
  testnet4 @2;
  signet @3;
  regtest @4;
}
