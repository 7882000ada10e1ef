# Derived from Rust traits; do not edit.

@0x9c3505dc45e146ac;

using Proxy = import "/mp/proxy.capnp";

interface Rpc @0xacb1d37f0a713129 {
  # The commands that `bitcoin-cli` sends, as JSON texts.

  executeRpc @0 (context :Proxy.Context, request :Text, uri :Text, user :Text) -> (result :Text);
}
