//! The objects that unary calls reach.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use ipc_core::{Exception, ExceptionKind, Interface, Limits, Result};
use tonic::Status;

use super::{
    call::UnaryCall,
    catalog::{Entry, Step},
};

/// An object, whatever its interface.
pub(super) trait Face: Send + Sync {
    fn dispatch(&self, interface: u64, ordinal: u16, call: UnaryCall) -> Result<Vec<u8>, Status>;
}

/// An object of this interface.
pub(super) struct Held<I: ?Sized>(pub(super) Arc<I>);

impl<I: Interface + ?Sized> Face for Held<I> {
    fn dispatch(&self, interface: u64, ordinal: u16, call: UnaryCall) -> Result<Vec<u8>, Status> {
        I::dispatch(self.0.clone(), interface, ordinal, call)
    }
}

/// Where a method leaves the object that it gives.
#[derive(Default)]
pub(super) struct Found(Mutex<Option<Arc<dyn Face>>>);

impl Found {
    pub(super) fn set(&self, object: Option<Arc<dyn Face>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = object;
    }

    fn take(&self) -> Option<Arc<dyn Face>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The root, and what was found from there. What was found is kept for the connection's life.
pub(super) struct Objects {
    root: Arc<dyn Face>,
    found: Mutex<HashMap<Vec<Step>, Arc<dyn Face>>>,
}

impl Objects {
    pub(super) fn new<I: Interface + ?Sized>(root: &Arc<I>) -> Self {
        Self { root: Arc::new(Held(root.clone())), found: Mutex::default() }
    }

    /// The object that a method is called on.
    ///
    /// # Errors
    ///
    /// What a method on the way says.
    pub(super) fn reach(&self, entry: &Entry, limits: &Limits) -> Result<Arc<dyn Face>> {
        let mut object = self.root.clone();
        for end in 1..=entry.way.len() {
            let way = &entry.way[..end];
            let known = self.found().get(way).cloned();
            object = match known {
                Some(known) => known,
                // Not under the lock: it is user code. Of two that are found at once, the first counts.
                None => {
                    let found = follow(&*object, way[end - 1], limits)?;
                    self.found().entry(way.to_vec()).or_insert(found).clone()
                }
            };
        }
        Ok(object)
    }

    fn found(&self) -> std::sync::MutexGuard<'_, HashMap<Vec<Step>, Arc<dyn Face>>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls a method that gives an object.
fn follow(from: &dyn Face, step: Step, limits: &Limits) -> Result<Arc<dyn Face>> {
    let found = Arc::new(Found::default());
    let call = UnaryCall {
        request: Bytes::new(),
        limits: limits.clone(),
        peer: "this process".into(),
        found: Some(found.clone()),
    };
    let called = from.dispatch(step.interface, step.ordinal, call);
    let why = |why: &str| Exception::new(ExceptionKind::Remote, format!("no object to call: {why}"));
    called.map_err(|status| why(status.message()))?;
    found.take().ok_or_else(|| why("the method gave none"))
}
