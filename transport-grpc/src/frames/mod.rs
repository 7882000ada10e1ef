//! What crosses on a session's stream: frames as protobuf messages, large ones in chunks.

mod codec;
mod convert;
mod lanes;
pub(crate) mod messages;
mod references;
#[cfg(test)]
mod tests;
mod whole;

pub(crate) use codec::EnvelopeCodec;
pub(crate) use lanes::{CHUNK, Lanes};
pub(crate) use whole::Whole;
