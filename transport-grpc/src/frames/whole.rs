//! Chunks put together.

use bytes::{Bytes, BytesMut};
use ipc_core::{Exception, ExceptionKind, Limits, Result, session::Frame};
use prost::Message;

use super::{
    convert::FAILURE_BYTES,
    messages::{Content, Envelope},
};
use crate::encoding::wire::malformed;

/// Puts frames together from envelopes.
pub(crate) struct Whole {
    pieces: BytesMut,
    most: usize,
}

impl Whole {
    /// For a peer that keeps these limits.
    pub(crate) fn new(limits: &Limits) -> Self {
        // A reference to an object takes up to 13 bytes of which 9 count; beside the payload stand ids, a thread's name, and
        // the text of a failure.
        let most = (limits.message_bytes / 2 * 3).saturating_add(FAILURE_BYTES + (1 << 16));
        Self { pieces: BytesMut::new(), most }
    }

    /// Takes an envelope; gives the frame that is complete with it.
    ///
    /// # Errors
    ///
    /// `Protocol` if it is malformed, `TooLarge` past the limit.
    pub(crate) fn take(&mut self, envelope: Envelope) -> Result<Option<Frame>> {
        let Some(Content::Chunk(chunk)) = envelope.content else { return envelope.into_frame().map(Some) };
        if chunk.data.is_empty() && !chunk.last {
            return Err(Exception::new(ExceptionKind::Protocol, "expected something in a chunk"));
        }
        if self.pieces.len() + chunk.data.len() > self.most {
            let message = format!("expected frames of at most {} bytes", self.most);
            return Err(Exception::new(ExceptionKind::TooLarge, message));
        }
        self.pieces.extend_from_slice(&chunk.data);
        if !chunk.last {
            return Ok(None);
        }
        let whole: Bytes = std::mem::take(&mut self.pieces).freeze();
        Envelope::decode(whole).map_err(malformed)?.into_frame().map(Some)
    }
}
