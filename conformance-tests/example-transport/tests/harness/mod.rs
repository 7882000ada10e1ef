//! What the conformance suite has to know of this transport.

use std::path::Path;

use conformance_tests::{
    RawBytes, session,
    streams::{OverStreams, Streams},
};
use example_transport::{Example, framing};
use ipc_core::{Address, Result};

/// The harness of this transport, over TCP.
pub(crate) type ExampleHarness = Streams<OverTcp>;

#[derive(Default)]
pub(crate) struct OverTcp;

impl OverStreams for OverTcp {
    const NAME: &'static str = "example";

    type Transport = Example;

    fn transport(&self) -> Example {
        Example
    }

    fn listen_at(&self, _: &Path) -> Result<Address> {
        Ok(Address::tcp("127.0.0.1", 0)?)
    }

    fn raw_bytes(&self) -> Vec<RawBytes> {
        session::raw_bytes(framing::encode)
    }
}
