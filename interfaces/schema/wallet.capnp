# Derived from Rust traits; do not edit.

@0xa43a270ce8584000;

using Proxy = import "/mp/proxy.capnp";
using Node = import "/node.capnp";

interface WalletInit @0x8ad1263d370e86a1 {
  # Where a connection to a wallet process begins.

  construct @0 (threadMap :Proxy.ThreadMap) -> (threadMap :Proxy.ThreadMap);
  makeLoader @1 (context :Proxy.Context, chain :Node.Chain) -> (result :WalletLoader);
}

interface WalletLoader @0xd7c3b6cff90bf208 {
  # The wallets of a process.

  create @0 (context :Proxy.Context, name :Text) -> (error :WalletError $Proxy.exception("WalletError"), result :Wallet);
  load @1 (context :Proxy.Context, name :Text) -> (error :WalletError $Proxy.exception("WalletError"), result :Wallet);
  names @2 (context :Proxy.Context) -> (result :List(Text));
  loaded @3 (context :Proxy.Context) -> (result :List(Wallet));
  onLoad @4 (context :Proxy.Context, loaded :FnWalletVoid) -> (result :Node.Handler);
}

struct WalletError @0xaf4c794f806a7baf {
  union {
    unknown @0 :Text;
    exists @1 :Text;
    locked @2 :Void;
    insufficientFunds @3 :WalletErrorInsufficientFunds;
    invalidAddress @4 :Text;
  }
}

interface Wallet @0xaef7a213d1735210 {
  # A wallet: keys, and the transactions that concern them.

  name @0 (context :Proxy.Context) -> (result :Text);
  newAddress @1 (context :Proxy.Context, label :Text) -> (error :WalletError $Proxy.exception("WalletError"), result :Text);
  balance @2 (context :Proxy.Context) -> (error :WalletError $Proxy.exception("WalletError"), result :Balance);
  transaction @3 (context :Proxy.Context, txid :Data) -> (error :WalletError $Proxy.exception("WalletError"), result :WalletTransaction);
  transactions @4 (context :Proxy.Context, most :UInt32) -> (error :WalletError $Proxy.exception("WalletError"), result :List(WalletTransaction));
  send @5 (context :Proxy.Context, recipients :List(Recipient)) -> (error :WalletError $Proxy.exception("WalletError"), result :Data);
  observe @6 (context :Proxy.Context, observer :WalletObserver) -> (error :WalletError $Proxy.exception("WalletError"), result :Node.Handler);
}

interface FnWalletVoid @0x8652e8304b0c7c89 {
  # A closure.

  call @0 (context :Proxy.Context, a :Wallet) -> ();
}

struct WalletErrorInsufficientFunds @0xa8bc22f673865b11 {
  needed @0 :Int64;
  available @1 :Int64;
}

struct Balance @0xc216d8b6eb2d8af9 {
  confirmed @0 :Int64;
  unconfirmed @1 :Int64;
  immature @2 :Int64;
}

struct WalletTransaction @0x9697664529cfd4d3 {
  transaction @0 :Data;
  received @1 :Int64;
  spent @2 :Int64;
  block @3 :Data;
  time @4 :UInt64;
}

struct Recipient @0xcafd6351cbd4ae0f {
  address @0 :Text;
  amount @1 :Int64;
  feeIncluded @2 :Bool;
}

interface WalletObserver @0xc5475576bdcc258c {
  # Is told when something in a wallet changes.

  transactionChanged @0 (context :Proxy.Context, txid :Data, change :Change) -> ();
  balanceChanged @1 (context :Proxy.Context, balance :Balance) -> ();
  unloaded @2 (context :Proxy.Context) -> ();
}

enum Change @0xb03ddedf0660c49f {
  new @0;
  updated @1;
  removed @2;
}
