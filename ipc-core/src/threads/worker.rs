//! Threads that stand for those of a peer: how many there are, and what they are called.

use std::{
    cell::Cell,
    io,
    sync::{Arc, PoisonError, atomic::AtomicU64},
    time::Instant,
};

use crate::{
    exception::{Exception, ExceptionKind, Result},
    sync::{
        Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
        thread::{Builder, JoinHandle},
        thread_local,
    },
};

static NEXT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The place that this thread has, if it is a worker.
    static CURRENT: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Counts a connection's workers, the abandoned ones too, and knows their names.
#[derive(Debug)]
pub struct WorkerCount {
    limit: usize,
    live: AtomicUsize,
    names: Mutex<Vec<(u64, String)>>,
    ended: Condvar,
}

/// A worker's place in the count; it is free again when this is dropped.
#[derive(Debug)]
pub struct WorkerSlot {
    count: Arc<WorkerCount>,
    id: u64,
}

impl WorkerCount {
    /// A count that goes up to `limit`.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, live: AtomicUsize::new(0), names: Mutex::default(), ended: Condvar::new() })
    }

    /// How many there are.
    pub fn live(&self) -> usize {
        self.live.load(Ordering::Acquire)
    }

    /// The names of those there are.
    pub fn names(&self) -> Vec<String> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.iter().map(|(_, name)| name.clone()).collect()
    }

    /// Blocks until there are none but the calling thread itself. Tells whether that is so.
    pub fn wait_none(&self, until: Instant) -> bool {
        let me = CURRENT.try_with(Cell::get).ok().flatten();
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            // A worker that closes its own connection does not wait for itself.
            let others = names.iter().filter(|(id, _)| me != Some(*id)).count();
            if others == 0 {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            names = self.ended.wait_timeout(names, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A place for one more.
    ///
    /// # Errors
    ///
    /// `Overloaded` if there is none.
    pub fn take(self: &Arc<Self>, name: &str) -> Result<WorkerSlot> {
        let taken = self.live.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| (n < self.limit).then_some(n + 1));
        if taken.is_err() {
            let message = format!("the connection has its {} server threads already", self.limit);
            return Err(Exception::new(ExceptionKind::Overloaded, message));
        }
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        self.names.lock().unwrap_or_else(PoisonError::into_inner).push((id, name.to_owned()));
        Ok(WorkerSlot { count: self.clone(), id })
    }
}

impl Drop for WorkerSlot {
    fn drop(&mut self) {
        let mut names = self.count.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.retain(|(id, _)| *id != self.id);
        self.count.live.fetch_sub(1, Ordering::AcqRel);
        drop(names);
        self.count.ended.notify_all();
    }
}

/// Starts a worker. Its name is the peer's thread's, so that a debugger shows who works for whom; the operating system may
/// show less of it.
///
/// # Errors
///
/// `Overloaded` if the operating system has no more threads.
pub fn spawn(name: &str, slot: WorkerSlot, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let name: String = name.chars().filter(|c| *c != '\0').collect();
    let started = Builder::new().name(name).spawn(move || {
        let _ = CURRENT.try_with(|current| current.set(Some(slot.id)));
        work();
        drop(slot);
    });
    started.map_err(|error: io::Error| {
        Exception::new(ExceptionKind::Overloaded, format!("cannot start a server thread: {error}")).with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_the_limit_is_overloaded_until_one_ends() {
        let count = WorkerCount::new(2);
        let first = count.take("a").unwrap();
        let second = count.take("b").unwrap();
        assert_eq!(count.names(), ["a", "b"]);
        assert_eq!(count.take("c").unwrap_err().kind(), ExceptionKind::Overloaded);
        drop(first);
        let third = count.take("c").unwrap();
        assert_eq!(count.names(), ["b", "c"]);
        drop((second, third));
        assert_eq!(count.live(), 0);
    }
}
