//! Chunks put together.

use bytes::{Bytes, BytesMut};
use ipc_core::{
    Exception, ExceptionKind, Limits, Result,
    session::{
        Frame,
        frame::{CallOutcome, Payload, REFERENCE_BYTES},
    },
};
use prost::Message;

use super::{
    CHUNK,
    convert::FAILURE_BYTES,
    messages::{Content, Envelope},
    references,
};
use crate::encoding::wire::malformed;

/// Puts frames together from envelopes.
pub(crate) struct Whole {
    pieces: BytesMut,
    most: usize,
    most_references: usize,
}

impl Whole {
    /// For a peer that keeps these limits.
    pub(crate) fn new(limits: &Limits) -> Self {
        // A reference to an object takes up to 13 bytes of which 9 count; beside the payload stand ids, a thread's name, and
        // the text of a failure.
        let most = (limits.message_bytes / 2).saturating_mul(3).saturating_add(FAILURE_BYTES + (1 << 16));
        Self { pieces: BytesMut::new(), most, most_references: limits.message_bytes / REFERENCE_BYTES }
    }

    /// Takes an envelope; gives the frame that is complete with it.
    ///
    /// # Errors
    ///
    /// `Protocol` if it is malformed, `TooLarge` past the limit.
    pub(crate) fn take(&mut self, envelope: Envelope) -> Result<Option<Frame>> {
        let Some(Content::Chunk(chunk)) = envelope.content else {
            return Ok(Some(detached(envelope.into_frame()?, CHUNK)));
        };
        if chunk.data.is_empty() && !chunk.last {
            return Err(Exception::new(ExceptionKind::Protocol, "expected something in a chunk"));
        }
        if self.pieces.len() + chunk.data.len() > self.most {
            return Err(too_large(format!("expected frames of at most {} bytes", self.most)));
        }
        self.pieces.extend_from_slice(&chunk.data);
        if !chunk.last {
            return Ok(None);
        }
        let pieces = std::mem::take(&mut self.pieces);
        // The shortest reference has two bytes here, and takes eight times as much as a value.
        if references::count(&pieces)? > self.most_references {
            return Err(too_large(format!("expected at most {} references to objects", self.most_references)));
        }
        let held = pieces.capacity();
        let frame = Envelope::decode(pieces.freeze()).map_err(malformed)?.into_frame()?;
        Ok(Some(detached(frame, held)))
    }
}

/// A frame whose body may wait for long, and is counted by its own length: unless that is about all of the memory that it
/// is a part of, `held` bytes, it gets its own.
fn detached(mut frame: Frame, held: usize) -> Frame {
    if let Some(Payload { body, .. }) = payload(&mut frame)
        && body.len() < held / 2
    {
        *body = Bytes::copy_from_slice(body);
    }
    frame
}

fn payload(frame: &mut Frame) -> Option<&mut Payload> {
    match frame {
        Frame::Call(call) => Some(&mut call.args),
        Frame::Return(answer) => match &mut answer.outcome {
            CallOutcome::Results(payload) | CallOutcome::Error(payload) => Some(payload),
            CallOutcome::Thrown(_) | CallOutcome::Refused(_) => None,
        },
        _ => None,
    }
}

fn too_large(message: String) -> Exception {
    Exception::new(ExceptionKind::TooLarge, message)
}
