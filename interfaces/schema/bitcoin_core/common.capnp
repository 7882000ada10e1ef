# Derived from Rust traits; do not edit.

@0xcd2c6232cb484a28;


struct BlockRef @0xb3be4b8949350369 {
  hash @0 :Data;
  height @1 :Int32;
}
