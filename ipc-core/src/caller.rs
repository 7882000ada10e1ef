//! Whether anybody still waits for the call that a thread serves.
//!
//! A handler that blocks, until the next block comes for example, would do so for nobody once its client is gone or has given
//! the call up. It asks for its [`Caller`], and has itself woken:
//!
//! ```
//! use std::sync::{Arc, Condvar, Mutex};
//!
//! #[derive(Default)]
//! struct Tip {
//!     height: Mutex<u32>,
//!     changed: Condvar,
//! }
//!
//! impl Tip {
//!     /// Waits for a block above this height; `None` if nobody wants to know any more.
//!     fn wait_above(self: &Arc<Self>, height: u32) -> Option<u32> {
//!         let (caller, this) = (ipc_core::caller(), Arc::clone(self));
//!         let _woken = caller.on_gone(move || {
//!             // Under the lock: the handler is not between looking and waiting.
//!             let _height = this.height.lock();
//!             this.changed.notify_all();
//!         });
//!         let waiting = |tip: &mut u32| *tip <= height && !caller.is_gone();
//!         let tip = self.changed.wait_while(self.height.lock().unwrap(), waiting).unwrap();
//!         Some(*tip).filter(|tip| *tip > height)
//!     }
//! }
//! ```
//!
//! # For transport authors
//!
//! An end of a connection is what [`Serves`] calls; it says so around each handler, by [`serve`]. When a call is given up and
//! when the connection is lost it runs what its [`Callers`] have for that, where disconnect handlers run.

mod serving;

use std::{
    fmt,
    sync::{Arc, PoisonError},
};

use crate::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, Ordering},
};

pub use serving::{Callers, ServeGuard, Serves, serve};

/// Who waits for the call that this thread serves, the innermost if there are several. On a thread that serves none, one who
/// is never gone.
pub fn caller() -> Caller {
    serving::innermost().unwrap_or_default()
}

/// Who waits for a call. Cheap to clone; it may be asked from any thread, and outlive the call.
#[derive(Clone, Default)]
pub struct Caller(Arc<Shared>);

/// Has something run when a caller is gone, until this is dropped. What runs at that moment is not waited for.
#[must_use = "nothing is run once this is dropped"]
pub struct OnGone {
    caller: Caller,
    number: Option<u64>,
}

/// For transport authors: what is to be run when a caller is gone.
pub type Wake = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Shared {
    gone: AtomicBool,
    wakes: Mutex<Wakes>,
}

#[derive(Default)]
struct Wakes {
    next: u64,
    waiting: Vec<(u64, Wake)>,
}

impl Caller {
    /// Whether nobody waits for the call any more: the connection is lost, or the caller has given the call up, as it does
    /// when its deadline passes. A call that was answered is not given up.
    ///
    /// A caller that was merely stopped is not gone; where the wire carries its deadline, the ambient one tells.
    pub fn is_gone(&self) -> bool {
        self.0.gone.load(Ordering::Acquire)
    }

    /// Has `wake` run once when the caller is gone, outside of all locks, on a thread of the layer's, which it should not
    /// block; if it is gone already, now. [`is_gone`](Self::is_gone) says so by then.
    pub fn on_gone(&self, wake: impl FnOnce() + Send + 'static) -> OnGone {
        let mut wakes = self.0.wakes();
        if self.is_gone() {
            drop(wakes);
            wake();
            return OnGone { caller: self.clone(), number: None };
        }
        wakes.next += 1;
        let number = wakes.next;
        wakes.waiting.push((number, Box::new(wake)));
        drop(wakes);
        OnGone { caller: self.clone(), number: Some(number) }
    }

    /// It is gone. Gives what is to be run.
    fn go(&self) -> Vec<Wake> {
        let mut wakes = self.0.wakes();
        self.0.gone.store(true, Ordering::Release);
        std::mem::take(&mut wakes.waiting).into_iter().map(|(_, wake)| wake).collect()
    }
}

impl Shared {
    fn wakes(&self) -> MutexGuard<'_, Wakes> {
        // No user code runs under this lock.
        self.wakes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OnGone {
    fn drop(&mut self) {
        let mut wakes = self.caller.0.wakes();
        let at = wakes.waiting.iter().position(|(number, _)| self.number == Some(*number));
        let unused = at.map(|at| wakes.waiting.swap_remove(at));
        drop(wakes);
        // What it holds is the user's.
        drop(unused);
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("gone", &self.is_gone()).finish_non_exhaustive()
    }
}

impl fmt::Debug for OnGone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnGone").field("caller", &self.caller).finish_non_exhaustive()
    }
}
