//! Locks, atomics, thread-locals and threads of what threads hand to each other.
//!
//! They are the standard library's; or, in a build with `--cfg shuttle`, shuttle's, under which the tests called `orders` have
//! the very same code run in many orders of its threads. Counters that order nothing need not come from here, nor does what
//! is set once.

#[cfg(shuttle)]
mod timed;

#[cfg(not(shuttle))]
pub(crate) use std::{
    sync::{Condvar, Mutex, MutexGuard, atomic},
    thread, thread_local,
};

#[cfg(shuttle)]
pub(crate) use shuttle::{sync::atomic, thread, thread_local};
#[cfg(shuttle)]
pub(crate) use timed::{Condvar, Mutex, MutexGuard};
