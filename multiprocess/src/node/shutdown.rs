//! The wish that the node stops.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Whether the node was asked to stop. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Shutdown(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    requested: Mutex<bool>,
    changed: Condvar,
}

impl Shutdown {
    /// Asks the node to stop.
    pub(super) fn request(&self) {
        *self.lock() = true;
        self.0.changed.notify_all();
    }

    pub(super) fn is_requested(&self) -> bool {
        *self.lock()
    }

    /// Waits until somebody has asked.
    pub(super) fn wait(&self) {
        let running = |requested: &mut bool| !*requested;
        drop(self.0.changed.wait_while(self.lock(), running).unwrap_or_else(PoisonError::into_inner));
    }

    /// The same for a limited time; says whether somebody has asked.
    pub(super) fn wait_timeout(&self, limit: Duration) -> bool {
        let running = |requested: &mut bool| !*requested;
        let waited = self.0.changed.wait_timeout_while(self.lock(), limit, running);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.0.requested.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
