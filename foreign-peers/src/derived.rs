//! What the code generator of Cap'n Proto for Rust makes of the derived schemas.
#![allow(missing_docs, clippy::all, clippy::pedantic, reason = "it is generated")]

/// A module for each file.
macro_rules! generated {
    ($($name:ident: $path:literal;)*) => { $(
        pub mod $name {
            include!(concat!(env!("OUT_DIR"), "/", $path, "_capnp.rs"));
        }
    )* };
}

generated! {
    proxy_capnp: "mp/proxy";
    types_capnp: "types";
    node_capnp: "node";
    common_capnp: "bitcoin_core/common";
    echo_capnp: "bitcoin_core/echo";
    init_capnp: "bitcoin_core/init";
    mining_capnp: "bitcoin_core/mining";
    rpc_capnp: "bitcoin_core/rpc";
}
