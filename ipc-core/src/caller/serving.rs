//! For transport authors: the calls that threads serve, and who is told when a caller is gone.

use std::{
    cell::RefCell,
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError},
};

use super::{Caller, Wake};
use crate::sync::{Mutex, MutexGuard, thread_local};

/// What serves calls: one end of a connection.
pub trait Serves: Send + Sync {
    /// Whether nobody waits for this call: it was given up and is not answered, or the connection is lost.
    fn is_gone(&self, call: u64) -> bool;
    /// Those who are to be told.
    fn callers(&self) -> &Callers;
}

/// The callers that handlers of a connection have asked for, by the numbers of their calls.
#[derive(Default)]
pub struct Callers(Mutex<HashMap<u64, Caller>>);

impl Callers {
    /// A call was given up. Gives what is to be run; it was a call of before if [`Serves::is_gone`] does not say so too.
    #[must_use]
    pub fn gone(&self, call: u64) -> Vec<Wake> {
        let caller = self.lock().remove(&call);
        caller.map(|caller| caller.go()).unwrap_or_default()
    }

    /// The connection is lost. Gives what is to be run.
    #[must_use]
    pub fn all_gone(&self) -> Vec<Wake> {
        let callers = std::mem::take(&mut *self.lock());
        callers.into_values().flat_map(|caller| caller.go()).collect()
    }

    fn add(&self, call: u64, caller: &Caller) {
        self.lock().insert(call, caller.clone());
    }

    /// Another call may have the number by now.
    fn remove(&self, call: u64, caller: &Caller) {
        let mut callers = self.lock();
        if callers.get(&call).is_some_and(|other| Arc::ptr_eq(&other.0, &caller.0)) {
            callers.remove(&call);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Caller>> {
        // No user code runs under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that this thread serves a call, until the guard is dropped.
#[must_use]
pub fn serve(by: Arc<dyn Serves>, call: u64) -> ServeGuard {
    let _ = SERVING.try_with(|serving| serving.borrow_mut().push(Serving { by, call, caller: None }));
    ServeGuard(())
}

/// A call that runs on this thread.
#[derive(Debug)]
pub struct ServeGuard(());

struct Serving {
    by: Arc<dyn Serves>,
    call: u64,
    /// Made when the handler asks for it.
    caller: Option<Caller>,
}

thread_local! {
    /// The calls that run on this thread, the innermost last.
    static SERVING: RefCell<Vec<Serving>> = const { RefCell::new(Vec::new()) };
}

impl Drop for ServeGuard {
    fn drop(&mut self) {
        // Let go of outside of the borrow.
        let served = SERVING.try_with(|serving| serving.borrow_mut().pop()).ok().flatten();
        if let Some(Serving { by, call, caller: Some(caller) }) = served {
            by.callers().remove(call, &caller);
        }
    }
}

/// Who waits for the innermost call that this thread serves.
pub(super) fn innermost() -> Option<Caller> {
    let asked = SERVING.try_with(|serving| {
        let mut serving = serving.borrow_mut();
        let Serving { by, call, caller } = serving.last_mut()?;
        Some((by.clone(), *call, caller.get_or_insert_default().clone()))
    });
    let (by, call, caller) = asked.ok().flatten()?;
    by.callers().add(call, &caller);
    // It may have gone before anybody wanted to know.
    if by.is_gone(call) {
        caller.go().into_iter().for_each(|wake| wake());
    }
    Some(caller)
}

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Callers").field(&self.lock().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::channel,
    };

    use super::*;
    use crate::caller::caller;

    #[derive(Default)]
    struct Line {
        callers: Callers,
        lost: AtomicBool,
    }

    impl Serves for Line {
        fn is_gone(&self, _: u64) -> bool {
            self.lost.load(Ordering::SeqCst)
        }

        fn callers(&self) -> &Callers {
            &self.callers
        }
    }

    fn run(wakes: Vec<Wake>) -> usize {
        let count = wakes.len();
        wakes.into_iter().for_each(|wake| wake());
        count
    }

    #[test]
    fn a_call_that_is_given_up_is_told_and_no_other() {
        let line = Arc::new(Line::default());
        let (told, tells) = channel();
        let _outer = serve(line.clone(), 1);
        let outer = caller();
        let _inner = serve(line.clone(), 2);
        let inner = caller();
        let _outer_woken = outer.on_gone(|| panic!("it was not given up"));
        let _inner_woken = inner.on_gone(move || told.send(()).unwrap());
        assert_eq!(run(line.callers.gone(2)), 1);
        assert_eq!(tells.try_recv(), Ok(()));
        assert!(inner.is_gone() && !outer.is_gone());
        assert_eq!(run(line.callers.gone(2)), 0);
    }

    #[test]
    fn a_loss_tells_all_and_those_who_ask_later_at_once() {
        let line = Arc::new(Line::default());
        let (told, tells) = channel();
        let _serving = serve(line.clone(), 1);
        let early = told.clone();
        let _woken = caller().on_gone(move || early.send("early").unwrap());
        line.lost.store(true, Ordering::SeqCst);
        run(line.callers.all_gone());
        let _late = caller().on_gone(move || told.send("late").unwrap());
        assert_eq!(tells.iter().collect::<Vec<_>>(), ["early", "late"]);
        let _new = serve(line, 2);
        assert!(caller().is_gone());
    }

    #[test]
    fn what_is_dropped_is_not_told_and_nothing_is_left() {
        let line = Arc::new(Line::default());
        let serving = serve(line.clone(), 1);
        let kept = caller();
        drop(kept.on_gone(|| panic!("nobody wants to know any more")));
        assert_eq!(run(line.callers.gone(1)), 0);
        let again = caller();
        drop(serving);
        assert!(line.callers.lock().is_empty());
        // The call was answered before the connection is lost.
        assert_eq!(run(line.callers.all_gone()), 0);
        assert!(kept.is_gone() && again.is_gone());
    }

    #[test]
    fn a_number_that_is_used_again_is_another_calls() {
        let line = Arc::new(Line::default());
        let first = serve(line.clone(), 1);
        let before = caller();
        // On another thread: the first was answered, and its handler is just about to return.
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _second = serve(line.clone(), 1);
                let after = caller();
                line.callers.remove(1, &before);
                assert_eq!(run(line.callers.gone(1)), 0);
                assert!(after.is_gone() && !before.is_gone());
            });
        });
        drop(first);
    }

    #[test]
    fn a_thread_that_serves_nothing_has_a_caller_that_stays() {
        assert!(!caller().is_gone());
    }
}
