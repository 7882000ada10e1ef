//! Who a thread is.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::sync::{thread, thread_local};

static NEXT: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static SEQUENCE: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
    static ALIVE: Alive = const { Alive };
}

/// Has a destructor, so that its thread-local tells when those run.
struct Alive;

impl Drop for Alive {
    fn drop(&mut self) {}
}

/// This thread's number in the process, never used again after it; 0 during thread-local teardown.
pub fn sequence() -> u64 {
    SEQUENCE.try_with(|n| *n).unwrap_or(0)
}

/// This thread's name, or one made of its number.
pub fn name() -> String {
    match thread::current().name() {
        Some(name) => name.to_owned(),
        None => format!("thread-{}", sequence()),
    }
}

/// Whether this thread's thread-locals are being destroyed: it may not wait for anybody any more.
pub fn in_teardown() -> bool {
    ALIVE.try_with(|_| ()).is_err()
}
