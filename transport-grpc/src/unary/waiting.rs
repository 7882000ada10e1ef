//! Who waits for a unary call: until its stream is reset, its deadline passes, or the connection is lost.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use ipc_core::caller::{Callers, Serves};

use crate::runtime;

/// There is but one call.
pub(super) const CALL: u64 = 0;

/// Part of the future that answers a call: once that is dropped, nobody waits any more.
#[derive(Default)]
pub(super) struct Waiting(Arc<Waited>);

#[derive(Default)]
struct Waited {
    gone: AtomicBool,
    callers: Callers,
}

impl Waiting {
    /// What serves the call.
    pub(super) fn serves(&self) -> Arc<dyn Serves> {
        self.0.clone()
    }
}

impl Serves for Waited {
    fn is_gone(&self, _: u64) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    fn callers(&self) -> &Callers {
        &self.callers
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.gone.store(true, Ordering::Release);
        // Not on the thread with the event loop. Without that there is no call either.
        if let Ok(handle) = runtime::handle() {
            self.0.callers.all_gone().into_iter().for_each(|wake| drop(handle.spawn_blocking(wake)));
        }
    }
}
