//! The sealed cell: what is not `Send` lives inside, and never leaves.
#![allow(unsafe_code)]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
};

use super::state::State;

/// A [`State`], which is full of `Rc`s, shared by threads.
pub(crate) struct SealedCell(Mutex<Sealed>);

/// The state, until the connection ends or something in it panics.
struct Sealed(Option<State>);

// SAFETY: `State` is not `Send` because capnp-rpc keeps its tables in `Rc<RefCell<…>>`. Moving such a graph of `Rc`s
// between threads is sound if all of it moves at once and no other thread can reach any part of it:
//
// - It is made inside, by a function that is `Send` and so brings no `Rc` along (`SealedCell::new`).
// - It is reached only through `SealedCell::with`, under the mutex, by a closure that is `Send` and whose result is
//   `Send`: neither can carry an `Rc` in or out, and a reference to the state cannot outlive the closure, whose
//   parameter has a lifetime of its own. Nothing in this crate or in capnp-rpc keeps a part of it in a thread-local.
// - Wakers are the one thing that futures inside hand to the outside; ours are `Arc`s of `Send` data (`executor`).
// - It is dropped inside, under the mutex or through `&mut self`.
unsafe impl Send for Sealed {}

impl SealedCell {
    /// A cell with the state that `make` makes.
    pub(crate) fn new(make: impl FnOnce() -> State + Send) -> Self {
        Self(Mutex::new(Sealed(Some(make()))))
    }

    /// Gives the state to `work`, which runs no user code and does no I/O. `None` once the state is gone.
    ///
    /// A panic inside ends the state: capnp-rpc's tables may be half changed.
    pub(crate) fn with<T: Send>(&self, work: impl FnOnce(&mut State) -> T + Send) -> Option<T> {
        let mut sealed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = sealed.0.as_mut()?;
        match catch_unwind(AssertUnwindSafe(|| work(state))) {
            Ok(value) => Some(value),
            Err(_) => {
                discard(sealed.0.take());
                None
            }
        }
    }

    /// Ends the state.
    pub(crate) fn end(&self) {
        let mut sealed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        discard(sealed.0.take());
    }
}

/// Drops a state that may be inconsistent: a second panic must not go further.
fn discard(state: Option<State>) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(state)));
}
