//! The wish that the miner stops.

use std::sync::{Arc, Mutex, PoisonError};

/// What ends a wait, from any thread.
type Interruption = Box<dyn FnOnce() + Send>;

/// Whether somebody has pressed Ctrl-C. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Stop(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    requested: bool,
    /// What is to be done then; the number tells it from earlier ones.
    waits: Vec<(u64, Interruption)>,
    next: u64,
}

impl Stop {
    /// Ends all waits, and those that come later at once.
    pub(super) fn request(&self) {
        let waits = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.requested = true;
            std::mem::take(&mut state.waits)
        };
        waits.into_iter().for_each(|(_, interrupt)| interrupt());
    }

    pub(super) fn is_requested(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).requested
    }

    /// Waits by `wait`, which `interrupt` ends; `None` if it need not begin.
    pub(super) fn wait<T>(&self, interrupt: impl FnOnce() + Send + 'static, wait: impl FnOnce() -> T) -> Option<T> {
        let number = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.requested {
                return None;
            }
            state.next += 1;
            let number = state.next;
            state.waits.push((number, Box::new(interrupt)));
            number
        };
        let waited = wait();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = state.waits.iter().position(|(wait, _)| *wait == number).map(|at| state.waits.swap_remove(at));
        drop(state);
        // What it holds is let go of outside of the lock: it may be an object of the node.
        drop(left);
        Some(waited)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_request_ends_the_waits_that_are_under_way_and_those_that_come() {
        let stop = Stop::default();
        let (end, ended) = channel();
        let requested = stop.clone();
        let waited = stop.wait(
            move || end.send(()).unwrap(),
            || {
                requested.request();
                ended.recv()
            },
        );
        assert_eq!(waited, Some(Ok(())));
        assert!(stop.is_requested());
        assert_eq!(stop.wait(|| (), || ()), None);
    }

    #[test]
    fn a_wait_that_is_over_is_not_interrupted() {
        let stop = Stop::default();
        assert_eq!(stop.wait(|| panic!("it is over"), || 7), Some(7));
        stop.request();
    }
}
