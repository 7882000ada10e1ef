//! Where a waiting thread takes the calls that come back to it.
//!
//! A waiter never loses an event: a notification that comes before the thread parks ends the next park at once.

use std::{
    cell::RefCell,
    collections::VecDeque,
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// Something to be run on a certain thread.
pub type Job = Box<dyn FnOnce() + Send>;

/// A thread's mailbox: jobs for it, and notifications that what it waits for may have come.
#[derive(Default)]
pub struct Waiter {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    notified: bool,
    /// The thread blocks. Only then it is woken: that is a system call even where nobody waits.
    parked: bool,
}

/// Why a park ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// There is a job, or a notification came.
    Event,
    /// The deadline passed first.
    TimedOut,
}

thread_local! {
    static CURRENT: RefCell<Arc<Waiter>> = RefCell::default();
}

impl Waiter {
    /// This thread's waiter. During thread-local teardown one that nobody else knows.
    pub fn current() -> Arc<Self> {
        CURRENT.try_with(|current| current.borrow().clone()).unwrap_or_default()
    }

    /// Makes `waiter` this thread's: for a thread that jobs are posted to before it runs.
    pub fn adopt(waiter: Arc<Self>) {
        let former = CURRENT.try_with(|current| current.replace(waiter));
        drop(former);
    }

    /// Gives the thread something to run the next time it waits.
    pub fn post(&self, job: Job) {
        let mut state = self.lock();
        state.jobs.push_back(job);
        self.wake(state);
    }

    /// Has the thread look again whether what it waits for has come.
    pub fn notify(&self) {
        let mut state = self.lock();
        state.notified = true;
        self.wake(state);
    }

    /// The next job, if there is one.
    pub fn take_job(&self) -> Option<Job> {
        self.lock().jobs.pop_front()
    }

    /// Whether a job waits.
    pub fn has_job(&self) -> bool {
        !self.lock().jobs.is_empty()
    }

    /// Blocks this thread until there is a job, a notification comes, or the deadline passes.
    pub fn park(&self, deadline: Option<Instant>) -> Wake {
        let mut state = self.lock();
        loop {
            state.parked = false;
            if state.notified || !state.jobs.is_empty() {
                state.notified = false;
                return Wake::Event;
            }
            state.parked = true;
            state = match deadline {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Wake::TimedOut;
                    }
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    fn wake(&self, state: MutexGuard<'_, State>) {
        let parked = state.parked;
        drop(state);
        if parked {
            self.changed.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No user code runs under this lock, so a poisoned one is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Waiter").field("jobs", &state.jobs.len()).field("notified", &state.notified).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use super::*;

    #[test]
    fn an_event_before_the_park_ends_it_at_once() {
        let waiter = Waiter::default();
        waiter.notify();
        assert_eq!(waiter.park(None), Wake::Event);
        waiter.post(Box::new(|| ()));
        assert_eq!(waiter.park(None), Wake::Event);
        assert!(waiter.take_job().is_some());
        assert_eq!(waiter.park(Some(Instant::now() + Duration::from_millis(1))), Wake::TimedOut);
    }

    #[test]
    fn jobs_run_in_order_on_the_thread_that_parks() {
        let waiter = Arc::new(Waiter::default());
        let (sender, receiver) = mpsc::channel();
        let parked = thread::spawn({
            let waiter = waiter.clone();
            move || {
                for _ in 0..3 {
                    while !waiter.has_job() {
                        waiter.park(None);
                    }
                    waiter.take_job().unwrap()();
                }
                thread::current().id()
            }
        });
        for n in 0..3 {
            let sender = sender.clone();
            waiter.post(Box::new(move || sender.send((n, thread::current().id())).unwrap()));
        }
        let ran: Vec<_> = receiver.iter().take(3).collect();
        let id = parked.join().unwrap();
        assert_eq!(ran, [(0, id), (1, id), (2, id)]);
    }
}
