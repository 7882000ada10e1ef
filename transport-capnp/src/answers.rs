//! Which methods' answers may hold objects.

use std::sync::{PoisonError, RwLock};

use ipc_core::interface::MethodSchema;
use rustc_hash::{FxBuildHasher, FxHashMap};

/// What is known already, by the schemas' addresses.
static KNOWN: RwLock<FxHashMap<usize, bool>> = RwLock::new(FxHashMap::with_hasher(FxBuildHasher));

/// Whether an answer of the method may hold objects.
pub(crate) fn may_hold_objects(method: &'static MethodSchema) -> bool {
    let address = std::ptr::from_ref(method).addr();
    if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&address) {
        return *known;
    }
    let known = method.answers_may_hold_objects();
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(address, known);
    known
}
