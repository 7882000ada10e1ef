//! Who a thread is, and what happens when it ends.

use std::{
    cell::RefCell,
    sync::atomic::{AtomicU64, Ordering},
};

static NEXT: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static SEQUENCE: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
    static AT_EXIT: AtExit = const { AtExit(RefCell::new(Vec::new())) };
}

/// This thread's number in the process, never used again after it; 0 during thread-local teardown.
pub fn sequence() -> u64 {
    SEQUENCE.try_with(|n| *n).unwrap_or(0)
}

/// This thread's name, or one made of its number.
pub fn name() -> String {
    match std::thread::current().name() {
        Some(name) => name.to_owned(),
        None => format!("thread-{}", sequence()),
    }
}

/// Has `work` run when this thread ends. Gives it back if the thread is ending already.
///
/// # Errors
///
/// The work itself: during thread-local teardown it is the caller's to run or to leave.
pub fn at_exit<F: FnOnce() + 'static>(work: F) -> Result<(), F> {
    let mut work = Some(work);
    let added = AT_EXIT.try_with(|list| {
        if let Some(work) = work.take() {
            list.0.borrow_mut().push(Box::new(work));
        }
    });
    match (added, work) {
        (Err(_), Some(work)) => Err(work),
        _ => Ok(()),
    }
}

/// Whether this thread's thread-locals are being destroyed.
pub fn in_teardown() -> bool {
    AT_EXIT.try_with(|_| ()).is_err()
}

/// Runs its list when the thread ends.
struct AtExit(RefCell<Vec<Box<dyn FnOnce()>>>);

impl Drop for AtExit {
    fn drop(&mut self) {
        for work in self.0.take() {
            work();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    #[test]
    fn work_runs_when_its_thread_ends() {
        let (sender, receiver) = mpsc::channel();
        let ended = thread::Builder::new().name("short".into()).spawn(move || {
            assert_eq!(name(), "short");
            assert!(at_exit(move || sender.send(sequence()).unwrap()).is_ok());
            sequence()
        });
        let n = ended.unwrap().join().unwrap();
        assert_eq!(receiver.recv(), Ok(n));
        assert_ne!(sequence(), n);
    }
}
