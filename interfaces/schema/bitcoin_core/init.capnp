# Derived from Rust traits; do not edit.

@0xf2c5cfa319406aa6;

using Proxy = import "/mp/proxy.capnp";
using BitcoinCoreEcho = import "/bitcoin_core/echo.capnp";
using BitcoinCoreMining = import "/bitcoin_core/mining.capnp";
using BitcoinCoreRpc = import "/bitcoin_core/rpc.capnp";

interface Init @0x8838c700ba5cba65 {
  # Makes the objects that a node offers.

  construct @0 (threadMap :Proxy.ThreadMap) -> (threadMap :Proxy.ThreadMap);
  makeEcho @1 (context :Proxy.Context) -> (result :BitcoinCoreEcho.Echo);
  makeMiningOld2 @2 () -> ();
  makeMining @3 (context :Proxy.Context) -> (result :BitcoinCoreMining.Mining);
  # Since 31.
  makeRpc @4 (context :Proxy.Context) -> (result :BitcoinCoreRpc.Rpc);
  # Since 32.
}
