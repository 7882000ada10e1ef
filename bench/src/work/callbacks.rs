//! How the work calls back.

use std::{
    sync::{
        Arc, Mutex, OnceLock, Weak,
        mpsc::{self, Sender},
    },
    thread,
};

use ipc_core::{Exception, ExceptionKind, Result};

use super::{Callback, Work};

/// A callback that calls [`Work::nested`] again until it has counted down to one, and answers with how often it was called:
/// `nested(1, countdown)` is one callback, `nested(8, countdown)` eight, each within the one before.
pub(crate) fn countdown(work: Arc<dyn Work>) -> Callback {
    let itself = Arc::new(OnceLock::<Weak<dyn Fn(u32) -> Result<u32> + Send + Sync>>::new());
    let again = itself.clone();
    let callback: Callback = Arc::new(move |depth| {
        if depth <= 1 {
            return Ok(depth);
        }
        let again = again.get().and_then(Weak::upgrade);
        let again = again.ok_or_else(|| Exception::new(ExceptionKind::Cancelled, "the callback is gone"))?;
        Ok(1 + work.nested(depth - 1, again)?)
    });
    itself.get_or_init(|| Arc::downgrade(&callback));
    callback
}

/// What a thread that calls back is told: a callback, what to call it with, and where its answer goes.
type Shot = (Callback, u32, Sender<Result<u32>>);

/// Has another thread call a callback.
pub(crate) type Fire = Box<dyn Fn(Callback, u32) -> Result<u32> + Send + Sync>;

/// Starts a thread that calls callbacks and returns how to have it call one.
pub(crate) fn on_another_thread() -> Fire {
    let (sender, receiver) = mpsc::channel::<Shot>();
    thread::spawn(move || {
        for (callback, x, answer) in receiver {
            // Whoever asked may be gone.
            let _ = answer.send(callback(x));
        }
    });
    let sender = Mutex::new(sender);
    Box::new(move |callback, x| {
        let gone = || Exception::new(ExceptionKind::Cancelled, "the thread that calls back is gone");
        let (answer, answered) = mpsc::channel();
        let sender = sender.lock().unwrap_or_else(|e| e.into_inner()).clone();
        sender.send((callback, x, answer)).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())?
    })
}
