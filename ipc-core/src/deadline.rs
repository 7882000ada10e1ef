//! The ambient deadline of a thread.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use crate::sync::thread_local;

thread_local! {
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Runs `work` with a deadline: each call in it ends with `DeadlineExceeded` once `limit` has passed since now.
///
/// Calls that are nested in it inherit the deadline; one inside another can only shorten it.
pub fn deadline<T>(limit: Duration, work: impl FnOnce() -> T) -> T {
    let at = Instant::now().checked_add(limit);
    let _restore = set(match (current(), at) {
        (Some(outer), Some(at)) => Some(outer.min(at)),
        (outer, at) => outer.or(at),
    });
    work()
}

/// This thread's deadline, if it has one.
pub fn current() -> Option<Instant> {
    // During thread-local teardown there is none any more.
    DEADLINE.try_with(Cell::get).ok().flatten()
}

/// For transport authors: gives this thread a deadline, that of a call it serves, until the guard is dropped.
#[must_use]
pub fn set(deadline: Option<Instant>) -> DeadlineGuard {
    DeadlineGuard { outer: DEADLINE.try_with(|cell| cell.replace(deadline)).ok().flatten() }
}

/// Gives the thread its former deadline back when dropped.
#[derive(Debug)]
pub struct DeadlineGuard {
    outer: Option<Instant>,
}

impl Drop for DeadlineGuard {
    fn drop(&mut self) {
        let _ = DEADLINE.try_with(|cell| cell.set(self.outer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inner_one_can_only_shorten() {
        assert_eq!(current(), None);
        deadline(Duration::from_secs(10), || {
            let outer = current();
            deadline(Duration::from_secs(100), || assert_eq!(current(), outer));
            deadline(Duration::from_secs(1), || assert!(current() < outer));
            assert_eq!(current(), outer);
        });
        assert_eq!(current(), None);
    }
}
