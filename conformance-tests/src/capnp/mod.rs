//! The harness of the Cap'n Proto transport.

mod raw;

use transport_capnp::Capnp;

use crate::{
    harness::RawBytes,
    streams::{OverStreams, Streams},
};

/// The harness of the Cap'n Proto transport.
pub type CapnpHarness = Streams<OverCapnp>;

/// Cap'n Proto, over streams.
#[derive(Clone, Copy, Debug, Default)]
pub struct OverCapnp;

impl OverStreams for OverCapnp {
    const NAME: &'static str = "capnp";

    type Transport = Capnp;

    fn transport(&self) -> Capnp {
        Capnp
    }

    fn raw_bytes(&self) -> Vec<RawBytes> {
        raw::all()
    }
}
