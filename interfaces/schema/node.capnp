# Derived from Rust traits; do not edit.

@0xe6980d2185b13d35;

using Proxy = import "/mp/proxy.capnp";
using BitcoinCoreInit = import "/bitcoin_core/init.capnp";
using Types = import "/types.capnp";

interface Init @0xb72f8fa2ffb3225b extends(BitcoinCoreInit.Init) {
  # Makes the objects that a node offers; those of Bitcoin Core among them, so that its clients find them at the same socket.

  start @0 (context :Proxy.Context, options :NodeOptions) -> (error :NodeError $Proxy.exception("NodeError"));
  makeChain @1 (context :Proxy.Context) -> (result :Chain);
  makeNode @2 (context :Proxy.Context) -> (result :Node);
}

struct NodeOptions @0xfa3e16d397c8ed40 {
  network @0 :Types.Network;
  mine @1 :UInt32;
  mineEvery @2 :Duration;
  debug @3 :List(Text);
}

struct NodeError @0xee7d40077f873533 {
  union {
    alreadyStarted @0 :Types.Network;
    cannotMine @1 :Types.Network;
    tooMany @2 :NodeErrorTooMany;
    unknownCategory @3 :Text;
    shuttingDown @4 :Void;
  }
}

interface Chain @0xcfcb890c28f79b3a {
  # The active chain of a node.

  tip @0 (context :Proxy.Context) -> (error :ChainError $Proxy.exception("ChainError"), result :BlockInfo);
  blockHash @1 (context :Proxy.Context, height :UInt32) -> (error :ChainError $Proxy.exception("ChainError"), result :Data);
  block @2 (context :Proxy.Context, hash :Data) -> (error :ChainError $Proxy.exception("ChainError"), result :Data);
  findHeight @3 (context :Proxy.Context, hash :Data) -> (error :ChainError $Proxy.exception("ChainError"), result :UInt32, hasResult :Bool);
  findFirst @4 (context :Proxy.Context, time :UInt32, from :UInt32) -> (error :ChainError $Proxy.exception("ChainError"), result :BlockInfo);
  scan @5 (context :Proxy.Context, from :UInt32, visit :FnBlockInfoBool) -> (error :ChainError $Proxy.exception("ChainError"));
  observe @6 (context :Proxy.Context, observer :TipObserver) -> (error :ChainError $Proxy.exception("ChainError"), result :Handler);
}

interface Node @0xcfafb10277d02ba1 {
  # A running node.

  info @0 (context :Proxy.Context) -> (result :NodeInfo);
  network @1 (context :Proxy.Context) -> (result :Types.Network);
  generate @2 (context :Proxy.Context, count :UInt32) -> (error :NodeError $Proxy.exception("NodeError"), result :List(Data));
  requestShutdown @3 (context :Proxy.Context) -> ();
}

struct Duration @0xdeb290f006f5df3b {
  seconds @0 :UInt64;
  nanoseconds @1 :UInt32;
}

struct NodeErrorTooMany @0xc8c33ee134e85c8d {
  count @0 :UInt32;
  most @1 :UInt32;
}

struct ChainError @0x9cc0679a767f0644 {
  union {
    unknownHeight @0 :ChainErrorUnknownHeight;
    unknownBlock @1 :Data;
  }
}

struct BlockInfo @0x8717dab2f5fc3e99 {
  height @0 :UInt32;
  hash @1 :Data;
  header @2 :Data;
  transactions @3 :UInt32;
}

interface FnBlockInfoBool @0xd8da2552e774a253 {
  # A closure.

  call @0 (context :Proxy.Context, a :BlockInfo) -> (result :Bool);
}

interface TipObserver @0xa7ee4a684907117b {
  # Is told when the chain grows.

  newTip @0 (context :Proxy.Context, tip :BlockInfo) -> ();
}

interface Handler @0xcac2add99b2bf6ed {
  # A registration, such as that of an observer. It lasts until this is dropped.

  destroy @0 (context :Proxy.Context) -> ();
  disconnect @1 (context :Proxy.Context) -> ();
}

struct NodeInfo @0xec0ade8c14273c5a {
  version @0 :Text;
  pid @1 :UInt32;
  network @2 :Types.Network;
  started @3 :SystemTime;
}

struct ChainErrorUnknownHeight @0xf7665d8dbedfe1c3 {
  height @0 :UInt32;
  tip @1 :UInt32;
}

struct SystemTime @0xc19fe876aecd05d4 {
  seconds @0 :Int64;
  nanoseconds @1 :UInt32;
}
