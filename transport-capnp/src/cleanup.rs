//! One thread of the process that drops what peers let go of, and tells who wants to know that a connection is lost.
//!
//! It is user code that runs then, which may take locks that the thread holds that noticed, a caller who waits.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{OnceLock, mpsc},
    thread,
    time::Instant,
};

type Work = Box<dyn FnOnce() + Send>;

static QUEUE: OnceLock<mpsc::Sender<Work>> = OnceLock::new();

/// Has `work` run on the clean-up thread, after what is there already.
pub(crate) fn run(work: impl FnOnce() + Send + 'static) {
    let queue = QUEUE.get_or_init(|| {
        let (sender, receiver) = mpsc::channel::<Work>();
        let started = thread::Builder::new().name("ipc-cleanup".into()).spawn(move || {
            for work in receiver {
                // A panic in a destructor of a user's object is that object's alone.
                let _ = catch_unwind(AssertUnwindSafe(work));
            }
        });
        if let Err(error) = started {
            tracing::error!(target: "ipc", %error, "no clean-up thread: objects are dropped where they are let go of");
        }
        sender
    });
    if let Err(mpsc::SendError(work)) = queue.send(Box::new(work)) {
        let _ = catch_unwind(AssertUnwindSafe(work));
    }
}

/// Waits until what is there now has run, unless this is the clean-up thread.
pub(crate) fn wait(until: Instant) {
    if thread::current().name() == Some("ipc-cleanup") {
        return;
    }
    let (sender, receiver) = mpsc::channel();
    run(move || {
        let _ = sender.send(());
    });
    let _ = receiver.recv_timeout(until.saturating_duration_since(Instant::now()));
}
