//! The harness of the gRPC transport.

mod raw;

use transport_grpc::Grpc;

use crate::{
    harness::RawBytes,
    streams::{OverStreams, Streams},
};

/// The harness of the gRPC transport.
pub type GrpcHarness = Streams<OverGrpc>;

/// gRPC, over streams.
#[derive(Clone, Copy, Debug, Default)]
pub struct OverGrpc;

impl OverStreams for OverGrpc {
    const NAME: &'static str = "grpc";

    type Transport = Grpc;

    fn transport(&self) -> Grpc {
        Grpc::new()
    }

    fn raw_bytes(&self) -> Vec<RawBytes> {
        raw::all()
    }
}
