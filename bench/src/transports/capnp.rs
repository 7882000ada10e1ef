//! `transport-capnp`.

use transport_capnp::Capnp;

use super::{Contender, accept, connect};

pub(super) const CONTENDER: Contender = Contender {
    name: "capnp",
    crates: &["capnp-rpc"],
    connect: |stream| connect(&Capnp, stream),
    serve: |stream| accept(&Capnp, stream),
};
