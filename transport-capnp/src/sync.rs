//! The lock of what decides who reads: the standard library's, or, in a build with `--cfg shuttle`, shuttle's, under which the
//! tests called `orders` run the same code in many orders of its threads.

#[cfg(not(shuttle))]
pub(crate) use std::sync::{Mutex, MutexGuard};

#[cfg(shuttle)]
pub(crate) use shuttle::sync::{Mutex, MutexGuard};
