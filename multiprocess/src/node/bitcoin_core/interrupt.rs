//! Ending the waits at one object.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Ends the waits that are under way or, if there is none, the next one: an interruption that comes while its wait is still
/// on its way to the node is not lost.
#[derive(Debug, Default)]
pub(super) struct Interrupt(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    waits: usize,
    /// How often waits were ended.
    ended: u64,
    /// Whether the next wait is ended already.
    next: bool,
}

/// A wait, until it is dropped.
#[derive(Debug)]
pub(super) struct Wait<'a> {
    interrupt: &'a Interrupt,
    /// How often waits had been ended when this one began.
    since: u64,
}

impl Interrupt {
    pub(super) fn wait(&self) -> Wait<'_> {
        let mut state = self.lock();
        state.waits += 1;
        let since = state.ended;
        if std::mem::take(&mut state.next) {
            state.ended += 1;
        }
        Wait { interrupt: self, since }
    }

    /// Ends them. Whoever waits has to be woken then.
    pub(super) fn interrupt(&self) {
        let mut state = self.lock();
        if state.waits == 0 {
            state.next = true;
        } else {
            state.ended += 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wait<'_> {
    pub(super) fn is_ended(&self) -> bool {
        self.interrupt.lock().ended != self.since
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.interrupt.lock().waits -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_all_waits_that_are_under_way_and_no_later_one() {
        let interrupt = Interrupt::default();
        let waits = [interrupt.wait(), interrupt.wait()];
        assert!(waits.iter().all(|wait| !wait.is_ended()));
        interrupt.interrupt();
        assert!(waits.iter().all(Wait::is_ended));
        assert!(!interrupt.wait().is_ended());
    }

    #[test]
    fn one_that_comes_early_ends_the_next_wait_alone() {
        let interrupt = Interrupt::default();
        interrupt.interrupt();
        interrupt.interrupt();
        assert!(interrupt.wait().is_ended());
        assert!(!interrupt.wait().is_ended());
    }
}
