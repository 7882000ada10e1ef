//! Who makes the calls: the caller's side of a peer.

mod blocking;
#[cfg(feature = "peers")]
mod tasks;

use std::{any::Any, time::Duration};

use ipc_core::{Exception, ExceptionKind, Result};

use crate::{job::Job, measure::Sample};

pub(crate) use blocking::Blocking;
#[cfg(feature = "peers")]
pub(crate) use tasks::{
    AsyncWork, SpawnedWork, Tasks, TasksClient, all_of, drive, failed, hold, one_worker, runtime, spawned,
};

/// One connection, and how calls are made over it.
pub(crate) trait Client {
    /// Makes calls for a while.
    ///
    /// # Errors
    ///
    /// The first call's that fails; `Unimplemented` for what the peer cannot do.
    fn round(&mut self, round: Round) -> Result<Sample>;

    /// Makes so many calls, and measures nothing.
    ///
    /// # Errors
    ///
    /// As [`round`](Self::round).
    fn times(&mut self, job: Job, times: u64) -> Result<()> {
        (0..times).try_for_each(|_| self.round(Round::once(job)).map(drop))
    }

    /// Makes so many objects and holds them until what is returned is dropped.
    ///
    /// # Errors
    ///
    /// As [`round`](Self::round).
    fn objects(&mut self, count: usize) -> Result<(Sample, Box<dyn Any>)>;
}

/// How long which calls are made by how many callers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    pub(crate) job: Job,
    /// Threads, or what stands for a thread in the peer's world, that call at the same time.
    pub(crate) callers: usize,
    /// Calls that do not count, before.
    pub(crate) warm_up: Duration,
    /// Each caller makes at least one call.
    pub(crate) duration: Duration,
}

impl Round {
    /// One call of this kind.
    pub(crate) fn once(job: Job) -> Self {
        Self { job, callers: 1, warm_up: Duration::ZERO, duration: Duration::ZERO }
    }
}

/// Checks an answer.
pub(crate) fn expect<T: PartialEq>(answer: T, expected: T) -> Result<()> {
    if answer == expected { Ok(()) } else { Err(Exception::new(ExceptionKind::Protocol, "the answer is wrong")) }
}
