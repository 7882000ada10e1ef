//! A connection's thread for what peers let go of.
//!
//! It is user code that runs then, which may take locks that the thread holds that noticed, or wait for what another
//! connection drops: so each connection has a thread of its own, while there is something to do.

use std::{
    collections::VecDeque,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

type Work = Box<dyn FnOnce() + Send>;

const THREAD_NAME: &str = "ipc-cleanup";
/// So long the thread waits for more before it ends.
const LINGER: Duration = Duration::from_millis(100);

/// Runs work on a thread that is there while it is needed.
#[derive(Default)]
pub(super) struct Cleanup(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    work: VecDeque<Work>,
    thread: Option<ThreadId>,
    /// Whether some of the work is being done.
    busy: bool,
    /// Whether there is a thread, or one is being started.
    started: bool,
}

impl Cleanup {
    /// Has `work` done soon, after what is there already.
    pub(super) fn run(&self, work: impl FnOnce() + Send + 'static) {
        let mut state = self.0.lock();
        state.work.push_back(Box::new(work));
        if state.started {
            drop(state);
            self.0.changed.notify_all();
            return;
        }
        state.started = true;
        drop(state);
        let shared = self.0.clone();
        let started = thread::Builder::new().name(THREAD_NAME.into()).spawn(move || shared.serve());
        if let Err(error) = started {
            tracing::error!(target: "ipc", %error, "no clean-up thread: what the peer let go of is kept until there is one");
            self.0.lock().started = false;
        }
    }

    /// Waits until all is done, unless this is that thread. Tells whether that is so.
    pub(super) fn wait(&self, until: Instant) -> bool {
        let mut state = self.0.lock();
        if state.thread == Some(thread::current().id()) {
            return true;
        }
        while state.busy || !state.work.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.0.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

impl Shared {
    fn serve(&self) {
        let mut state = self.lock();
        state.thread = Some(thread::current().id());
        loop {
            if let Some(work) = state.work.pop_front() {
                state.busy = true;
                drop(state);
                // A panic in a destructor of a user's object is that object's alone.
                let _ = catch_unwind(AssertUnwindSafe(work));
                state = self.lock();
                state.busy = false;
                if state.work.is_empty() {
                    self.changed.notify_all();
                }
                continue;
            }
            let (again, waited) = self.changed.wait_timeout(state, LINGER).unwrap_or_else(PoisonError::into_inner);
            state = again;
            if waited.timed_out() && state.work.is_empty() {
                state.thread = None;
                state.started = false;
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cleanup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cleanup").field("waiting", &self.0.lock().work.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn work_is_done_in_order_on_another_thread_and_a_panic_costs_only_itself() {
        let cleanup = Cleanup::default();
        let (sender, receiver) = mpsc::channel();
        let me = thread::current().id();
        for n in 0..10 {
            let sender = sender.clone();
            cleanup.run(move || {
                assert_ne!(thread::current().id(), me);
                sender.send(n).unwrap();
                if n == 3 {
                    std::panic::resume_unwind(Box::new("boom"));
                }
            });
        }
        drop(sender);
        assert!(cleanup.wait(Instant::now() + Duration::from_secs(60)));
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn a_thread_that_has_ended_is_followed_by_another() {
        let cleanup = Cleanup::default();
        for n in 0..3 {
            let (sender, receiver) = mpsc::channel();
            cleanup.run(move || sender.send(n).unwrap());
            assert_eq!(receiver.recv(), Ok(n));
            while cleanup.0.lock().started {
                thread::yield_now();
            }
        }
    }
}
