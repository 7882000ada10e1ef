# Derived from Rust traits; do not edit.

@0x888b4f7f51e691f7;

using Proxy = import "/mp/proxy.capnp";

interface Echo @0xd36b89640dc94399 {
  # Answers with what it is told: to try a connection out.

  destroy @0 (context :Proxy.Context) -> ();
  echo @1 (context :Proxy.Context, echo :Text) -> (result :Text);
}
