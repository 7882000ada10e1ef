//! What one message may cost: words while it is written, memory while it is read, depth in both.

use std::mem::size_of;

use ipc_core::{
    Limits,
    value::{Budget, Kind},
};

use super::raw::MOST_ELEMENTS;
use crate::layout::Members;

/// How deep a written value may be: what Cap'n Proto's default limit of 64 leaves below Message, Call and Payload.
const WIRE_DEPTH: usize = 61;

/// For a message to be written, in words.
pub(super) fn for_writing(limits: &Limits) -> Budget {
    let words = (limits.message_bytes / 8).min(MOST_ELEMENTS);
    Budget::new(words, limits.value_depth.min(WIRE_DEPTH), "words in a message")
}

/// For a message to be read, in bytes of memory. `words` is the message's own size.
pub(super) fn for_reading(limits: &Limits, words: usize) -> Budget {
    Budget::for_values(limits, words.saturating_mul(8))
}

/// About what a struct of these fields takes in memory, without what its pointers lead to.
pub(super) const fn footprint(members: &Members<'_>) -> usize {
    let (mut bytes, mut i) = (0, 0);
    while i < members.len() {
        bytes += match members.field(i).kind {
            Kind::Prim(prim) => prim.bytes(),
            Kind::OptPrim(prim) => 2 * prim.bytes() + 1,
            Kind::Ptr(_) | Kind::OptPtr(_) | Kind::HasPtr(_) | Kind::Boxed => size_of::<String>(),
        };
        i += 1;
    }
    bytes
}
