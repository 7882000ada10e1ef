//! A bound on how many connections there are at a time.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The places for connections: a counting semaphore that can be closed. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Slots(Arc<Shared>);

/// A connection's place among the [`Slots`]; free again when it is dropped.
#[derive(Debug)]
#[must_use = "a slot that is not kept is free again"]
pub struct Slot(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: NonZeroUsize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    taken: usize,
    closed: bool,
}

impl Slots {
    /// As many places as that.
    pub fn new(most: NonZeroUsize) -> Self {
        Self(Arc::new(Shared { most, state: Mutex::default(), changed: Condvar::new() }))
    }

    /// A place; waits until there is one. `None` once they are closed.
    pub fn take(&self) -> Option<Slot> {
        let full = |state: &mut State| !state.closed && state.taken >= self.0.most.get();
        let mut state = self.0.changed.wait_while(self.0.state(), full).unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return None;
        }
        state.taken += 1;
        Some(Slot(Arc::clone(&self.0)))
    }

    /// A place; waits for one, at most until then. `None` if there was none, or once they are closed.
    pub fn take_until(&self, until: Option<Instant>) -> Option<Slot> {
        let Some(until) = until else { return self.take() };
        let full = |state: &mut State| !state.closed && state.taken >= self.0.most.get();
        let left = until.saturating_duration_since(Instant::now());
        let waited = self.0.changed.wait_timeout_while(self.0.state(), left, full);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.closed || state.taken >= self.0.most.get() {
            return None;
        }
        state.taken += 1;
        Some(Slot(Arc::clone(&self.0)))
    }

    /// Waits until there is a place, which stays free; `false` once they are closed.
    pub(super) fn wait_free(&self) -> bool {
        let full = |state: &mut State| !state.closed && state.taken >= self.0.most.get();
        !self.0.changed.wait_while(self.0.state(), full).unwrap_or_else(PoisonError::into_inner).closed
    }

    /// From now on nobody gets a place, also those who wait. The taken ones stay.
    pub fn close(&self) {
        self.0.state().closed = true;
        self.0.changed.notify_all();
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.0.state().taken
    }

    /// Waits until none is taken; `false` if `timeout` is over first.
    pub fn wait_empty(&self, timeout: Duration) -> bool {
        let busy = |state: &mut State| state.taken > 0;
        let waited = self.0.changed.wait_timeout_while(self.0.state(), timeout, busy);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.state().taken -= 1;
        // All: who waits for a place and who waits for none to be taken share the variable.
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
