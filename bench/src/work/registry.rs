//! Objects by number, as a server keeps them by hand where its RPC framework has none.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use super::Count;

/// The objects of a server's clients.
#[derive(Default)]
pub(crate) struct Registry {
    next: AtomicU64,
    objects: Mutex<HashMap<u64, Arc<Count>>>,
}

impl Registry {
    pub(crate) fn create(&self, start: i64) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.objects().insert(id, Arc::new(Count::new(start)));
        id
    }

    /// What the object arrives at; `None` if there is no such object.
    pub(crate) fn step(&self, id: u64, by: i64) -> Option<i64> {
        let object = self.objects().get(&id).cloned()?;
        Some(object.add(by))
    }

    pub(crate) fn release(&self, id: u64) {
        let released = self.objects().remove(&id);
        drop(released);
    }

    fn objects(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<Count>>> {
        self.objects.lock().unwrap_or_else(|e| e.into_inner())
    }
}
