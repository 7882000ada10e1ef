//! Objects that stand before others: the faults that the traits of proxies and handlers leave room for.

use std::{
    any::Any,
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use ipc_core::{
    Exception, ExceptionKind, Interface, Result, deadline,
    interface::{Method, Proxy},
    transport::{IncomingCall, Pending, Remote},
    value::{Args, Fault},
};

/// What such an object does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It is there: the one behind it is another.
    IsAnother,
    /// Runs each call on a thread of its own.
    RunsElsewhere,
    /// Gives the exception of the other side as if it were of this one.
    PassesOnAsOwn,
    /// Says of calls that were not sent that they may have run.
    DoubtsWhatWasNotSent,
    /// Says of calls that ran that they were not sent.
    DeniesWhatRan,
    /// Interrupts the call after an interrupted one.
    InterruptsTwice,
    IgnoresDeadlines,
    /// Keeps the object if the connection is lost first.
    LeaksWhenLost,
}

/// An object that stands before another.
pub(crate) fn forward<I: Interface + ?Sized>(object: &Arc<I>, rule: Rule, lost: &Arc<AtomicBool>) -> Arc<I> {
    let (object, lost) = (object.clone(), lost.clone());
    I::proxy(Arc::new(Proxy::new(Forward { object, rule, lost, again: AtomicBool::new(false) })))
}

struct Forward<I: Interface + ?Sized> {
    object: Arc<I>,
    rule: Rule,
    lost: Arc<AtomicBool>,
    again: AtomicBool,
}

impl<I: Interface + ?Sized> Drop for Forward<I> {
    fn drop(&mut self) {
        if self.rule == Rule::LeaksWhenLost && self.lost.load(Ordering::SeqCst) {
            mem::forget(self.object.clone());
        }
    }
}

impl<I: Interface + ?Sized> Forward<I> {
    fn exception(&self, exception: &Exception) -> Option<Exception> {
        use ExceptionKind::{Disconnected, Interrupted};
        let kind = match (self.rule, exception.kind()) {
            (Rule::PassesOnAsOwn, ExceptionKind::Remote) => return exception.remote().cloned(),
            (Rule::DoubtsWhatWasNotSent, Disconnected) => Interrupted,
            (Rule::DeniesWhatRan, Interrupted) => Disconnected,
            (Rule::InterruptsTwice, Interrupted) => {
                self.again.store(true, Ordering::SeqCst);
                return None;
            }
            (Rule::InterruptsTwice, Disconnected) if self.again.swap(false, Ordering::SeqCst) => Interrupted,
            _ => return None,
        };
        Some(Exception::new(kind, exception.message()))
    }
}

impl<I: Interface + ?Sized> Remote for Forward<I> {
    type Pending<T: Args, E: Fault> = Done<T, E>;

    fn start<J: Interface + ?Sized, const M: usize, A: Args, T: Args, E: Fault>(
        &self,
        method: Method<J, M>,
        args: A,
    ) -> Done<T, E> {
        let _ = method;
        let ordinal = Method::<J, M>::SCHEMA.ordinal;
        let (object, call) = (self.object.clone(), Direct(Box::new(args)));
        let _deadline = (self.rule == Rule::IgnoresDeadlines).then(|| deadline::set(None));
        let outcome = if self.rule == Rule::RunsElsewhere {
            let elsewhere = thread::spawn(move || I::dispatch(object, J::ID, ordinal, call));
            elsewhere.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        } else {
            I::dispatch(object, J::ID, ordinal, call)
        };
        let unknown = || Err(E::from(Exception::new(ExceptionKind::Unimplemented, "there is no such method")));
        let outcome =
            outcome.and_then(|outcome| outcome.downcast::<Result<T, E>>().ok()).map_or_else(unknown, |it| *it);
        Done(outcome.map_err(|error| match error.as_exception().and_then(|exception| self.exception(exception)) {
            Some(exception) => E::from(exception),
            None => error,
        }))
    }
}

/// A call that ran already.
pub(crate) struct Done<T, E>(Result<T, E>);

impl<T, E> Pending<T, E> for Done<T, E> {
    fn wait(self) -> Result<T, E> {
        self.0
    }
}

/// Arguments as they are.
struct Direct(Box<dyn Any + Send>);

impl IncomingCall for Direct {
    type Done = Option<Box<dyn Any + Send>>;

    fn answer<I: Interface + ?Sized, const M: usize, A: Args, T: Args, E: Fault>(
        self,
        _: Method<I, M>,
        handler: impl FnOnce(A) -> Result<T, E>,
    ) -> Self::Done {
        let args = self.0.downcast::<A>().ok()?;
        Some(Box::new(handler(*args)))
    }

    fn unknown(self) -> Self::Done {
        None
    }
}
