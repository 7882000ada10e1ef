//! In which order frames go out, so that small ones pass beside large ones.
//!
//! A large frame goes out in chunks. Meanwhile an answer, and a call of another thread, may pass it: the other side cannot
//! tell the difference from their having been sent a moment earlier. All else, such as the release of an object that the large
//! frame may refer to, stays behind it.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};
use ipc_core::session::frame::{CallId, Frame, Target, ThreadKey};
use prost::Message;

use super::messages::{Chunk, Content, Envelope};

/// The largest envelope, in bytes. What is larger is cut.
pub(crate) const CHUNK: usize = 1 << 16;

/// What stands around the bytes of a piece: at most this much.
const AROUND: usize = 16;

/// How many small frames pass at most between two chunks.
const BURST: u32 = 16;

/// Frames on their way out.
#[derive(Default)]
pub(crate) struct Lanes {
    fast: VecDeque<Outgoing>,
    bulk: VecDeque<Bulk>,
    /// How many have passed since the last chunk.
    passed: u32,
    session: Bytes,
}

struct Outgoing {
    envelope: Envelope,
    weight: usize,
}

/// What waits behind a large frame, or is one.
struct Bulk {
    of: Of,
    content: Pieces,
    weight: usize,
}

enum Pieces {
    Whole(Envelope),
    /// What is left of it.
    Cut(Bytes),
}

/// What must stay behind a frame.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    /// A call for the thread that stands for this one, or its end.
    Thread(ThreadKey),
    /// A call for the thread that waits for this one.
    Waiting(CallId),
    /// A call for no thread: nobody knows whose it is.
    Anyone,
    /// An answer.
    Answer(CallId),
    /// Anything else.
    Other,
}

impl Of {
    fn frame(frame: &Frame) -> Self {
        let on = |target: &Target| match target {
            Target::Worker { thread, .. } => Self::Thread(*thread),
            Target::Waiting(call) => Self::Waiting(*call),
        };
        match frame {
            Frame::Call(call) => call.on.as_ref().map_or(Self::Anyone, on),
            Frame::Return(answer) => Self::Answer(answer.call),
            Frame::Destroy(destroy) => on(&destroy.on),
            Frame::End { thread } => Self::Thread(*thread),
            _ => Self::Other,
        }
    }

    /// Whether a frame of this may be sent before an earlier one of that.
    fn passes(self, earlier: Self) -> bool {
        match (self, earlier) {
            (Self::Answer(call), Self::Waiting(other)) => call != other,
            (Self::Answer(_), _) => true,
            (Self::Thread(_) | Self::Waiting(_), Self::Anyone) => false,
            (Self::Thread(_) | Self::Waiting(_), _) => self != earlier,
            (Self::Anyone | Self::Other, _) => false,
        }
    }
}

impl Lanes {
    /// None yet; a client's first frame will carry this number.
    pub(crate) fn new(session: Bytes) -> Self {
        Self { session, ..Self::default() }
    }

    /// How many frames wait.
    pub(crate) fn len(&self) -> usize {
        self.fast.len() + self.bulk.len()
    }

    /// Takes a frame.
    pub(crate) fn push(&mut self, frame: Frame) {
        let (of, weight) = (Of::frame(&frame), frame.weight());
        // What is given back with its last references, or with the thread, never passes anything.
        let may_pass = matches!(frame, Frame::Call(_) | Frame::Return(_));
        let envelope = Envelope::of(frame, &self.session);
        // The weight is about right, and saves measuring the small ones.
        let is_large = weight > CHUNK / 2 && envelope.encoded_len() > CHUNK;
        let passes = may_pass && self.bulk.iter().all(|earlier| of.passes(earlier.of));
        if !is_large && (self.bulk.is_empty() || passes) {
            self.fast.push_back(Outgoing { envelope, weight });
            return;
        }
        let content = match is_large {
            true => Pieces::Cut(envelope.encode_to_vec().into()),
            false => Pieces::Whole(envelope),
        };
        self.bulk.push_back(Bulk { of, content, weight });
    }

    /// The next envelope to go out; and, if a frame is complete with it, that frame's weight.
    pub(crate) fn next(&mut self) -> Option<(Envelope, Option<usize>)> {
        if (self.passed < BURST || self.bulk.is_empty())
            && let Some(Outgoing { envelope, weight }) = self.fast.pop_front()
        {
            self.passed += 1;
            return Some((envelope, Some(weight)));
        }
        self.passed = 0;
        let Bulk { of, content, weight } = self.bulk.pop_front()?;
        match content {
            Pieces::Whole(envelope) => Some((envelope, Some(weight))),
            Pieces::Cut(mut left) => {
                let data = left.split_to((CHUNK - AROUND).min(left.len()));
                let last = !left.has_remaining();
                if !last {
                    self.bulk.push_front(Bulk { of, content: Pieces::Cut(left), weight });
                }
                let chunk = Envelope { content: Some(Content::Chunk(Chunk { data, last })) };
                Some((chunk, last.then_some(weight)))
            }
        }
    }
}
