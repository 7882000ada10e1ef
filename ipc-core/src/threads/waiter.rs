//! How a waiting thread is woken.
//!
//! A waiter never loses an event: a notification that comes before the thread parks ends the next park at once.

use std::{
    cell::RefCell,
    fmt,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use super::Courtesy;
use crate::sync::{Condvar, Mutex, MutexGuard, thread_local};

/// Where one thread parks, and others tell it that what it waits for may have come: a reply, or a call for it to run.
#[derive(Default)]
pub struct Waiter {
    state: Mutex<State>,
    changed: Condvar,
    courtesy: Courtesy,
}

#[derive(Default)]
struct State {
    notified: bool,
    /// The thread blocks. Only then it is woken: that is a system call even where nobody waits.
    parked: bool,
}

/// Why a park ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// A notification came.
    Event,
    /// The deadline passed first.
    TimedOut,
}

/// So often a thread lets others run before it blocks: what it waits for comes from one that is about to run, as a rule, and
/// yielding costs less than to block and to be woken. (Four client threads on one connection, both processes on one core:
/// 38,000 calls a second before, 42,500 with it.)
const YIELDS: u32 = 10;
/// So long others may run at a time, be they many: longer than it takes to serve a call for each, shorter than a time slice.
const WORTH: Duration = Duration::from_millis(2);

thread_local! {
    static CURRENT: RefCell<Arc<Waiter>> = RefCell::default();
}

impl Waiter {
    /// This thread's waiter. During thread-local teardown one that nobody else knows.
    pub fn current() -> Arc<Self> {
        CURRENT.try_with(|current| current.borrow().clone()).unwrap_or_default()
    }

    /// Makes `waiter` this thread's: for a thread that is told of things before it runs.
    pub fn adopt(waiter: Arc<Self>) {
        let former = CURRENT.try_with(|current| current.replace(waiter));
        drop(former);
    }

    /// Has the thread look again whether what it waits for has come.
    pub fn notify(&self) {
        let mut state = self.lock();
        state.notified = true;
        self.wake(state);
    }

    /// Blocks this thread until a notification comes or the deadline passes.
    pub fn park(&self, deadline: Option<Instant>) -> Wake {
        let mut state = self.lock();
        if !state.notified && self.courtesy.is_due() {
            let mut longest = Duration::ZERO;
            for _ in 0..YIELDS {
                drop(state);
                longest = longest.max(Courtesy::yield_now());
                state = self.lock();
                if state.notified || longest > WORTH {
                    break;
                }
            }
            // One that comes to nothing costs little.
            self.courtesy.note(longest, WORTH, true);
        }
        loop {
            state.parked = false;
            if state.notified {
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
        f.debug_struct("Waiter").field("parked", &state.parked).field("notified", &state.notified).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::thread;

    #[test]
    fn an_event_before_the_park_ends_it_at_once() {
        let waiter = Waiter::default();
        waiter.notify();
        assert_eq!(waiter.park(None), Wake::Event);
        assert_eq!(waiter.park(Some(Instant::now() + Duration::from_millis(1))), Wake::TimedOut);
    }

    #[test]
    fn a_parked_thread_is_woken() {
        let waiter = Arc::new(Waiter::default());
        let parked = thread::spawn({
            let waiter = waiter.clone();
            move || {
                Waiter::adopt(waiter);
                Waiter::current().park(None)
            }
        });
        while !waiter.lock().parked {
            thread::yield_now();
        }
        waiter.notify();
        assert_eq!(parked.join().unwrap(), Wake::Event);
    }
}
