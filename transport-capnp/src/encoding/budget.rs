//! What one message may cost: words while it is written, memory while it is read, depth in both.

use std::{cell::Cell, mem::size_of};

use ipc_core::{
    Exception, ExceptionKind, Limits, Result,
    value::{Kind, Prim},
};

use super::raw::MOST_ELEMENTS;
use crate::layout::Members;

/// How deep a written value may be: what Cap'n Proto's default limit of 64 leaves below Message, Call and Payload.
const WIRE_DEPTH: usize = 61;

/// Memory that values may take beside [`AMPLIFICATION`].
const SLACK: usize = 16 << 20;

/// How much more memory than bytes of its message a value may take. A list of flags takes eight times as much, a list of
/// optional strings three times; a list of empty structs may claim any length in no bytes at all.
const AMPLIFICATION: usize = 64;

/// What is left of the bounds of one message.
pub(super) struct Budget {
    left: Cell<usize>,
    all: usize,
    depth: u32,
    what: &'static str,
}

impl Budget {
    /// For a message to be written, in words.
    pub(super) fn for_writing(limits: &Limits) -> Self {
        let words = (limits.message_bytes / 8).min(MOST_ELEMENTS);
        Self::new(words, limits.value_depth.min(WIRE_DEPTH), "words in a message")
    }

    /// For a message to be read, in bytes of memory. `words` is the message's own size.
    pub(super) fn for_reading(limits: &Limits, words: usize) -> Self {
        let fair = words.saturating_mul(8 * AMPLIFICATION).saturating_add(SLACK);
        Self::new(limits.value_bytes.min(fair), limits.value_depth, "bytes of memory for the values of a message")
    }

    fn new(all: usize, depth: usize, what: &'static str) -> Self {
        Self { left: Cell::new(all), all, depth: depth.try_into().unwrap_or(u32::MAX), what }
    }

    /// What was spent so far.
    pub(super) fn spent(&self) -> usize {
        self.all - self.left.get()
    }

    #[inline]
    pub(super) fn spend(&self, cost: usize) -> Result<()> {
        match self.left.get().checked_sub(cost) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(too_large(format!("expected at most {} {}", self.all, self.what))),
        }
    }

    /// Spends `each`, at least one, for `count` elements.
    #[inline]
    pub(super) fn spend_all(&self, count: usize, each: usize) -> Result<()> {
        self.spend(count.saturating_mul(each.max(1)))
    }

    /// The depth below `depth`.
    #[inline]
    pub(super) fn enter(&self, depth: u32) -> Result<u32> {
        if depth >= self.depth {
            return Err(too_large(format!("expected values nested at most {} deep", self.depth)));
        }
        Ok(depth + 1)
    }
}

fn too_large(message: String) -> Exception {
    Exception::new(ExceptionKind::TooLarge, message)
}

/// About what a struct of these fields takes in memory, without what its pointers lead to.
pub(super) const fn footprint(members: &Members<'_>) -> usize {
    let (mut bytes, mut i) = (0, 0);
    while i < members.len() {
        bytes += match members.field(i).kind {
            Kind::Prim(prim) => prim_bytes(prim),
            Kind::OptPrim(prim) => 2 * prim_bytes(prim) + 1,
            Kind::Ptr(_) | Kind::OptPtr(_) | Kind::HasPtr(_) | Kind::Boxed => size_of::<String>(),
        };
        i += 1;
    }
    bytes
}

const fn prim_bytes(prim: Prim) -> usize {
    match prim {
        Prim::Void => 0,
        Prim::Bool | Prim::B8 => 1,
        Prim::B16 => 2,
        Prim::B32 => 4,
        Prim::B64 => 8,
    }
}
