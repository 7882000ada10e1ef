//! The session's values as protobuf.

use bytes::Bytes;
use ipc_core::{
    Limits, Result, Value,
    session::{Codec, ObjectSink, ObjectSource},
    value::{Args, Fields},
};

use crate::encoding;

/// The scheme, and the system that spans name.
pub(crate) const SYSTEM: &str = "grpc";

/// Marshals the values of a session's calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Protobuf;

impl Codec for Protobuf {
    const SYSTEM: &'static str = SYSTEM;

    fn write<F: Fields, A: Args, O: ObjectSink>(&self, values: &A, objects: &O, limits: &Limits) -> Result<Bytes> {
        encoding::encode::<F, A, O>(values, objects, limits).map(Bytes::from)
    }

    fn read<F: Fields, A: Args, O: ObjectSource>(&self, body: &Bytes, objects: &O, limits: &Limits) -> Result<A> {
        encoding::decode::<F, A, O>(body, objects, limits)
    }

    fn write_error<E: Value, O: ObjectSink>(&self, error: &E, objects: &O, limits: &Limits) -> Result<Bytes> {
        encoding::encode_value(error, objects, limits).map(Bytes::from)
    }

    fn read_error<E: Value, O: ObjectSource>(&self, body: &Bytes, objects: &O, limits: &Limits) -> Result<E> {
        encoding::decode_value(body, objects, limits)
    }
}
