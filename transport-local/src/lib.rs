//! Calls within one process, as if between two.
//!
//! Values are copied through bincode, so nothing is shared by accident, and what would not survive a wire fails here first.
//! There is no socket: a [`Line`] is between the two ends, which can be cut and frozen.
//!
//! A *threaded* line keeps every clause of the contract: each client thread gets a server thread. On a *direct* one a call
//! runs on the thread that makes it, which costs little more than copying the values; deadlines and losses are reported
//! before a call and after it.

mod encoding;
mod line;
mod moved;
mod names;
#[cfg(all(test, shuttle))]
mod orders;
#[doc(hidden)]
pub mod raw;
mod sync;
mod transport;

/// For measurements in other crates. No stable interface.
#[doc(hidden)]
pub use encoding::Bincode;
pub use line::Line;
pub use transport::Local;

/// Who the peer is, for people to read.
const PEER: &str = "local";
