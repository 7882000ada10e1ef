//! Envelopes through tonic.

use prost::Message;
use tonic::{
    Status,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};

use super::messages::Envelope;

/// Writes and reads envelopes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EnvelopeCodec;

impl Codec for EnvelopeCodec {
    type Encode = Envelope;
    type Decode = Envelope;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for EnvelopeCodec {
    type Item = Envelope;
    type Error = Status;

    fn encode(&mut self, envelope: Envelope, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        envelope.encode(into).map_err(|error| Status::internal(error.to_string()))
    }
}

impl Decoder for EnvelopeCodec {
    type Item = Envelope;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Envelope>, Status> {
        match Envelope::decode(from) {
            Ok(envelope) => Ok(Some(envelope)),
            Err(error) => Err(Status::internal(format!("malformed envelope: {error}"))),
        }
    }
}
