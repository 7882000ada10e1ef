//! One thread of the process that drops what peers let go of, and tells who wants to know that a connection is lost.
//!
//! It is user code that runs then, which may take locks that the thread holds that noticed, a caller who waits. It is not
//! woken for each object, since that costs more than a call: the poller's tick does it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Condvar, Mutex, MutexGuard, Once, PoisonError, mpsc},
    thread,
    time::Instant,
};

type Work = Box<dyn FnOnce() + Send>;

static QUEUE: Mutex<Vec<Work>> = Mutex::new(Vec::new());
static KICKED: Condvar = Condvar::new();
static STARTED: Once = Once::new();

const THREAD_NAME: &str = "ipc-cleanup";
/// With so much to do, it does not wait for the tick.
const MOST_WAITING: usize = 256;

/// Has `work` run on the clean-up thread, after what is there already, at once.
pub(crate) fn run(work: impl FnOnce() + Send + 'static) {
    push(Box::new(work));
    kick();
}

/// The same at the next [`kick`].
pub(crate) fn run_soon(work: impl FnOnce() + Send + 'static) {
    if push(Box::new(work)) >= MOST_WAITING {
        kick();
    }
}

/// Wakes the thread, if there is something to do.
pub(crate) fn kick() {
    if queue().is_empty() {
        return;
    }
    STARTED.call_once(|| {
        let started = thread::Builder::new().name(THREAD_NAME.into()).spawn(serve);
        if let Err(error) = started {
            tracing::error!(target: "ipc", %error, "no clean-up thread: what peers let go of is kept");
        }
    });
    KICKED.notify_one();
}

/// Waits until what is there now has run, unless this is the clean-up thread.
pub(crate) fn wait(until: Instant) {
    if thread::current().name() == Some(THREAD_NAME) {
        return;
    }
    let (sender, receiver) = mpsc::channel();
    run(move || {
        let _ = sender.send(());
    });
    let _ = receiver.recv_timeout(until.saturating_duration_since(Instant::now()));
}

fn push(work: Work) -> usize {
    let mut queue = queue();
    queue.push(work);
    queue.len()
}

fn serve() {
    loop {
        let mut waiting = queue();
        while waiting.is_empty() {
            waiting = KICKED.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let work = std::mem::take(&mut *waiting);
        drop(waiting);
        for work in work {
            // A panic in a destructor of a user's object is that object's alone.
            let _ = catch_unwind(AssertUnwindSafe(work));
        }
    }
}

fn queue() -> MutexGuard<'static, Vec<Work>> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}
