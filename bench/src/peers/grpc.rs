//! `transport-grpc`.

use std::path::Path;

use ipc_core::Result;

use super::Peer;
use crate::{client::Client, process::Ready};

pub(super) struct Grpc;

impl Peer for Grpc {
    fn name(&self) -> &'static str {
        "grpc"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["transport-grpc", "tonic"]
    }

    fn note(&self) -> &'static str {
        "this project over gRPC, a session on one stream; calls belong to the caller's thread"
    }

    fn is_ours(&self) -> bool {
        true
    }

    fn connect(&self, path: &Path) -> Result<Box<dyn Client>> {
        super::connect(&transport_grpc::Grpc::new(), path)
    }

    fn serve(&self, path: &Path, ready: Ready) -> Result<()> {
        super::accept(&transport_grpc::Grpc::new(), path, ready)
    }
}
