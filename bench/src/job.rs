//! What one call of a case is.

use serde::{Deserialize, Serialize};

/// A kind of call. A client makes it and checks the answer, so that nothing wrong is fast: whole, but bytes and lists by their
/// length and their ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Job {
    Empty,
    Add,
    AddNoContext,
    Twenty,
    /// So many bytes back.
    Result(usize),
    /// So many bytes there.
    Argument(usize),
    List,
    /// A callback, within which there is a call with a callback, so many deep.
    Nested(u32),
    /// A stored callback, called by another thread of the server.
    Fire,
    /// An object, made, used and dropped.
    Object,
}

/// What is added, and to what.
pub(crate) const ADD: (i32, i32, i32) = (40, 2, 42);

/// What an object starts from, steps by and arrives at.
pub(crate) const STEP: (i64, i64, i64) = (40, 2, 42);
