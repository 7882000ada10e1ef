//! A connection's thread for what its peer lets go of, and for what is to be told of its loss.
//!
//! It is user code that runs then, which may take locks that the thread holds that noticed, or wait for what another
//! connection drops. So each connection has such a thread of its own, while there is something to do.

use std::{
    collections::VecDeque,
    fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use crate::sync::{
    Condvar, Mutex, MutexGuard,
    thread::{self, ThreadId},
};

type Work = Box<dyn FnOnce() + Send>;

const THREAD_NAME: &str = "ipc-cleanup";
/// So long the thread waits for more before it ends.
const LINGER: Duration = Duration::from_millis(100);
/// After there was something to do it looks so often whether there is more. Waking it costs more than most of what is to be done:
/// a nested callback, whose object is let go of each time, takes 14 µs within one process if it is woken for each, and 10 µs if
/// not.
const TICK: Duration = Duration::from_millis(5);
/// So much is not left until it looks.
const MOST_WAITING: usize = 256;

/// Runs work, in order, on a thread that is there while it is needed.
#[derive(Default)]
pub struct Cleanup(Arc<Shared>);

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
    /// Whether the thread looks by itself within a tick.
    ticks: bool,
    /// Whether there is a thread, or one is being started.
    started: bool,
    /// How many threads wait for all to be done.
    waiting: usize,
}

impl Cleanup {
    /// Has `work` run at once, after what is there already.
    pub fn run(&self, work: impl FnOnce() + Send + 'static) {
        self.0.lock().work.push_back(Box::new(work));
        self.kick();
    }

    /// The same within 5 ms, without waking the thread each time.
    pub fn run_soon(&self, work: impl FnOnce() + Send + 'static) {
        let mut state = self.0.lock();
        state.work.push_back(Box::new(work));
        if !state.ticks || state.work.len() >= MOST_WAITING {
            drop(state);
            self.kick();
        }
    }

    /// Has the thread begin with what waits.
    fn kick(&self) {
        let mut state = self.0.lock();
        if state.work.is_empty() || state.busy {
            return;
        }
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
    pub fn wait(&self, until: Instant) -> bool {
        self.kick();
        let mut state = self.0.lock();
        if state.thread == Some(thread::current().id()) {
            return true;
        }
        state.waiting += 1;
        let done = loop {
            if !state.busy && state.work.is_empty() {
                break true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break false;
            }
            state = self.0.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        };
        state.waiting -= 1;
        done
    }
}

/// What still waits is done.
impl Drop for Cleanup {
    fn drop(&mut self) {
        self.kick();
    }
}

impl Shared {
    fn serve(&self) {
        let mut state = self.lock();
        state.thread = Some(thread::current().id());
        loop {
            if let Some(work) = state.work.pop_front() {
                (state.busy, state.ticks) = (true, true);
                drop(state);
                // A panic in a destructor of a user's object is that object's alone.
                let _ = catch_unwind(AssertUnwindSafe(work));
                state = self.lock();
                state.busy = false;
                if state.waiting > 0 && state.work.is_empty() {
                    self.changed.notify_all();
                }
                continue;
            }
            let patience = if state.ticks { TICK } else { LINGER };
            let waited = self.changed.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner);
            state = waited.0;
            if waited.1.timed_out() && state.work.is_empty() && !mem::take(&mut state.ticks) {
                state.thread = None;
                state.started = false;
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No user code runs under this lock, so a poisoned one is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cleanup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cleanup").field("work", &self.0.lock().work.len()).finish_non_exhaustive()
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
            cleanup.run_soon(move || {
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

    #[test]
    fn what_is_to_be_done_soon_is_done_whether_the_thread_ticks_or_rests() {
        let cleanup = Cleanup::default();
        let (sender, receiver) = mpsc::channel();
        let at_once = |_: &State| true;
        let rests = |state: &State| !state.ticks;
        let is_gone = |state: &State| !state.started;
        for (n, begin) in (0..).zip([is_gone, at_once, rests, is_gone]) {
            while !begin(&cleanup.0.lock()) {
                thread::yield_now();
            }
            let sender = sender.clone();
            cleanup.run_soon(move || sender.send(n).unwrap());
            assert_eq!(receiver.recv(), Ok(n));
        }
    }

    #[test]
    fn work_may_wait_for_what_another_connection_does() {
        let (one, other) = (Cleanup::default(), Cleanup::default());
        let (sender, receiver) = mpsc::channel();
        let (done, is_done) = mpsc::channel();
        one.run(move || done.send(receiver.recv()).unwrap());
        other.run(move || sender.send(7).unwrap());
        assert_eq!(is_done.recv(), Ok(Ok(7)));
    }

    #[test]
    fn much_work_is_done_before_the_tick() {
        let cleanup = Cleanup::default();
        let (sender, receiver) = mpsc::channel();
        for _ in 0..MOST_WAITING {
            let sender = sender.clone();
            cleanup.run_soon(move || sender.send(()).unwrap());
        }
        for _ in 0..MOST_WAITING {
            receiver.recv().unwrap();
        }
    }
}
