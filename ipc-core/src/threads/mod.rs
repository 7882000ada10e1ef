//! Thread affinity: where a waiting thread takes the calls that come back to it, and the threads that serve a peer's.
//!
//! For transport authors. Every thread has one [`Waiter`]. A thread that waits for a reply parks there, and runs the calls
//! that come back to it meanwhile, so that a nested callback runs on the thread that waits for it. A peer's thread is stood
//! for by a worker ([`spawn`]), a thread of the connection that does nothing but run its calls.

mod cleanup;
mod courtesy;
mod identity;
#[cfg(all(test, shuttle))]
mod orders;
mod post;
mod waiter;
mod worker;

pub use cleanup::Cleanup;
pub use courtesy::Courtesy;
pub use identity::{in_teardown, name, sequence};
pub use post::{Job, Post, Wait};
pub use waiter::{Waiter, Wake};
pub use worker::{WorkerCount, WorkerSlot, spawn};
