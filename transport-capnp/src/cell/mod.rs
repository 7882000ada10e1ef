//! capnp-rpc as a state machine behind a mutex.
//!
//! The cell does no I/O, wakes nobody and runs no user code. Commands go in; what is to be done outside comes out as
//! [`Effects`]: replies, calls to serve, objects to drop, workers to start.

mod asked;
mod attach;
mod effects;
mod executor;
mod imports;
mod local;
mod network;
mod outgoing;
mod questions;
mod root;
mod sealed;
mod serve;
mod state;

pub(crate) use attach::Chunk;
pub(crate) use effects::{Body, CapIn, CapOut, Contents, Effects, Failure, Incoming, Reply};
pub(crate) use imports::ImportKey;
pub(crate) use outgoing::{CallContext, CallId, CallRequest, ThreadRef};
pub(crate) use sealed::SealedCell;
pub(crate) use serve::ServedKey;
pub(crate) use state::State;
