//! What a thread is to the connections that it calls over.

use std::{
    cell::RefCell,
    sync::{Arc, Weak},
};

use rustc_hash::FxHashMap;

use crate::{
    session::{
        codec::Codec,
        end::End,
        frame::{CallId, ThreadKey},
    },
    sync::thread_local,
};

/// Told when a thread ends that has called.
trait Ends: Send + Sync {
    fn is_lost(&self) -> bool;
    fn thread_ended(&self, thread: ThreadKey);
}

impl<C: Codec> Ends for End<C> {
    fn is_lost(&self) -> bool {
        self.lost().is_some()
    }

    fn thread_ended(&self, thread: ThreadKey) {
        self.enter(|state| state.end_thread(thread));
    }
}

/// Connections beyond these are looked through for lost ones when there is a further one.
const FEW: usize = 8;

#[derive(Default)]
struct Known {
    keys: FxHashMap<u64, (Weak<dyn Ends>, ThreadKey)>,
    /// The calls that run on this thread, the innermost last.
    serving: Vec<(u64, CallId)>,
}

/// The thread ends: the peers' threads that stand for it may end.
impl Drop for Known {
    fn drop(&mut self) {
        for (end, key) in std::mem::take(&mut self.keys).into_values() {
            if let Some(end) = end.upgrade() {
                end.thread_ended(key);
            }
        }
    }
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// This thread's key.
pub(super) struct Key {
    pub(super) thread: ThreadKey,
    /// For one call only: the thread's thread-locals are gone already.
    pub(super) once: bool,
}

/// This thread's key on a connection; made at its first call.
pub(super) fn key<C: Codec>(end: &Arc<End<C>>) -> Key {
    let number = end.number();
    let known = KNOWN.try_with(|known| known.borrow().keys.get(&number).map(|(_, key)| *key));
    match known {
        Ok(Some(thread)) => return Key { thread, once: false },
        // During thread-local teardown.
        Err(_) => return Key { thread: end.enter(|state| state.new_thread()), once: true },
        Ok(None) => {}
    }
    let thread = end.enter(|state| state.new_thread());
    let weak: Weak<dyn Ends> = Arc::downgrade(end) as _;
    let kept = KNOWN.try_with(|known| {
        let keys = &mut known.borrow_mut().keys;
        if keys.len() >= FEW {
            keys.retain(|_, (end, _)| end.upgrade().is_some_and(|end| !end.is_lost()));
        }
        keys.insert(number, (weak, thread));
    });
    Key { thread, once: kept.is_err() }
}

/// This thread's next call gets a new key: the peer's thread that stands for it is abandoned.
pub(super) fn abandon(connection: u64, thread: ThreadKey) {
    let _ = KNOWN.try_with(|known| {
        let keys = &mut known.borrow_mut().keys;
        if keys.get(&connection).is_some_and(|(_, key)| *key == thread) {
            keys.remove(&connection);
        }
    });
}

/// The call of the peer's that this thread serves on a connection: whoever made it waits.
pub(super) fn waiting(connection: u64) -> Option<CallId> {
    let innermost = |known: &RefCell<Known>| {
        known.borrow().serving.iter().rev().find(|(serving, _)| *serving == connection).map(|(_, call)| *call)
    };
    KNOWN.try_with(innermost).ok().flatten()
}

/// How many calls this thread serves on a connection.
pub(super) fn serving(connection: u64) -> usize {
    let count = |known: &RefCell<Known>| known.borrow().serving.iter().filter(|(on, _)| *on == connection).count();
    KNOWN.try_with(count).unwrap_or(0)
}

/// Says that this thread serves a call, until the guard is dropped.
#[must_use]
pub(super) fn serve(connection: u64, call: CallId) -> ServingGuard {
    let _ = KNOWN.try_with(|known| known.borrow_mut().serving.push((connection, call)));
    ServingGuard(())
}

/// A call that runs on this thread.
pub(super) struct ServingGuard(());

impl Drop for ServingGuard {
    fn drop(&mut self) {
        let _ = KNOWN.try_with(|known| known.borrow_mut().serving.pop());
    }
}
