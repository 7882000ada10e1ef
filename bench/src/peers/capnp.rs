//! `transport-capnp`.

use std::path::Path;

use ipc_core::Result;

use super::Peer;
use crate::{client::Client, process::Ready};

pub(super) struct Capnp;

impl Peer for Capnp {
    fn name(&self) -> &'static str {
        "capnp"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["transport-capnp", "capnp-rpc"]
    }

    fn note(&self) -> &'static str {
        "this project over Cap'n Proto; calls belong to the caller's thread"
    }

    fn is_ours(&self) -> bool {
        true
    }

    fn connect(&self, path: &Path) -> Result<Box<dyn Client>> {
        super::connect(&transport_capnp::Capnp, path)
    }

    fn serve(&self, path: &Path, ready: Ready) -> Result<()> {
        super::accept(&transport_capnp::Capnp, path, ready)
    }
}
