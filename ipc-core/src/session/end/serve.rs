//! Calls of the peer, served: on the thread that they belong to.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use bytes::Bytes;
use smallvec::SmallVec;

use super::{
    End, Handles,
    objects::{Cap, Export, Outgoing, Received, Values, caps},
    threads,
};
use crate::{
    caller, deadline,
    exception::{Exception, ExceptionKind, Result},
    interface::{Interface, Method, Params, Results},
    session::{
        codec::Codec,
        frame::CallId,
        state::{self, Answer, On},
    },
    threads::Job,
    trace,
    transport::IncomingCall,
    value::{Args, Fault},
};

/// Something that the peer wants done on a thread of this side.
pub(super) struct Work<C: Codec> {
    pub(super) end: Arc<End<C>>,
    pub(super) call: CallId,
    pub(super) what: What<C>,
    /// Whether a thread was found for it: it may wait then.
    pub(super) on_thread: bool,
    /// When it should be done.
    pub(super) deadline: Option<Instant>,
}

/// Mostly there is one at most.
pub(super) type Works<C> = SmallVec<[Work<C>; 1]>;

pub(super) enum What<C: Codec> {
    Call { object: Arc<Export<C>>, interface: u64, ordinal: u16, body: Bytes, caps: Vec<Cap<C>> },
    Destroy { object: Option<Arc<Export<C>>> },
}

impl<C: Codec> Work<C> {
    /// A call that came to an end; and the thread that it is for.
    pub(super) fn call(end: Arc<End<C>>, job: state::Job<Handles<C>>) -> (On<Handles<C>>, Self) {
        let state::Job { call, object, interface, ordinal, on, deadline, args } = job;
        let what = What::Call { object, interface, ordinal, body: args.body, caps: caps(&end, args.objects) };
        let deadline = deadline.and_then(|left| Instant::now().checked_add(left));
        let on_thread = !matches!(on, On::Anybody);
        (on, Self { end, call, what, on_thread, deadline })
    }

    /// Does it on this thread.
    pub(super) fn run_here(self) {
        let Self { end, call, what, on_thread, deadline } = self;
        if let Err(why) = may_run(&end, on_thread) {
            refuse(&end, call, what, why);
            return;
        }
        let _running = end.running();
        let serving = (threads::serve(end.number(), call), caller::serve(end.clone(), call.0));
        let _deadline = deadline::set(match (deadline::current(), deadline) {
            (Some(outer), Some(own)) => Some(outer.min(own)),
            (outer, own) => own.or(outer),
        });
        // Handlers are caught where they run; this is for what a `Drop` of an argument, a result or an object does.
        let served = catch_unwind(AssertUnwindSafe(|| match what {
            What::Destroy { object } => {
                // Let go of here, before the answer: the last reference may be this one.
                drop(object);
                end.answer(call, Answer::Results(Values::<C> { body: Bytes::new(), objects: Vec::new() }));
            }
            What::Call { object, interface, ordinal, body, caps } => {
                serve(&end, call, &object, (interface, ordinal), body, caps, on_thread);
            }
        }));
        if served.is_err() {
            let panicked = Exception::new(ExceptionKind::Remote, "the call panicked beside its handler");
            end.answer(call, Answer::Thrown(panicked));
        }
        drop(serving);
    }
}

impl<C: Codec> Job for Work<C> {
    fn run(self: Box<Self>) {
        self.run_here();
    }

    fn refuse(self: Box<Self>) {
        let why = Exception::new(ExceptionKind::Cancelled, "the call is not waited for any more, nor is it served");
        refuse(&self.end, self.call, self.what, why);
    }
}

/// Whether a call may be served now.
fn may_run<C: Codec>(end: &End<C>, on_thread: bool) -> Result<()> {
    if threads::serving(end.number()) > 0 {
        // What a call needs that runs already is always served.
        return Ok(());
    }
    if end.is_closing() {
        return Err(Exception::new(ExceptionKind::Cancelled, "the connection is being closed"));
    }
    let limit = end.limits().output_bytes;
    let waiting = end.outbox().waiting();
    if waiting <= limit {
        return Ok(());
    }
    // Replies are never held back, so calls are while their caller does not read those that it has.
    if on_thread {
        end.outbox().wait_below(limit, None);
        return Ok(());
    }
    if waiting / 4 <= end.limits().message_bytes {
        return Ok(());
    }
    Err(Exception::new(ExceptionKind::Overloaded, "the caller does not read the replies that it has"))
}

/// Answers a call that nobody runs. What it holds may be the last of something, whose destructor may need what this thread
/// has.
fn refuse<C: Codec>(end: &Arc<End<C>>, call: CallId, what: What<C>, why: Exception) {
    end.answer(call, Answer::Refused(why));
    match what {
        What::Destroy { object: None } => {}
        what => end.cleanup.run(move || drop(what)),
    }
}

fn serve<C: Codec>(
    end: &End<C>,
    call: CallId,
    object: &Arc<Export<C>>,
    (interface, ordinal): (u64, u16),
    body: Bytes,
    caps: Vec<Cap<C>>,
    on_thread: bool,
) {
    let unknown =
        |message: &str| end.answer(call, Answer::Refused(Exception::new(ExceptionKind::Unimplemented, message)));
    let Some(face) = object.face(interface) else {
        return unknown("the object has no such interface");
    };
    let method = || face.schema().find(interface).and_then(|schema| schema.method(ordinal));
    if !on_thread && method().is_some_and(|method| method.context) {
        let message = "expected a thread for the call, as its method is declared";
        return end.answer(call, Answer::Refused(Exception::new(ExceptionKind::Protocol, message)));
    }
    face.dispatch(interface, ordinal, Incoming { end, call, body, caps });
}

/// A call of the peer.
pub(super) struct Incoming<'e, C: Codec> {
    end: &'e End<C>,
    call: CallId,
    body: Bytes,
    caps: Vec<Cap<C>>,
}

impl<C: Codec> IncomingCall for Incoming<'_, C> {
    type Done = ();

    fn answer<I: Interface + ?Sized, const M: usize, A: Args, T: Args, E: Fault>(
        self,
        _: Method<I, M>,
        handler: impl FnOnce(A) -> Result<T, E>,
    ) {
        let Self { end, call, body, caps } = self;
        let span = trace::server_span(C::SYSTEM, I::SCHEMA.name, Method::<I, M>::SCHEMA.name, end.peer());
        let _entered = span.enter();
        trace::request(&span);
        let decoded = {
            let objects = Received::new(end, caps);
            end.codec().read::<Params<I, M>, A, _>(&body, &objects, end.limits())
        };
        drop(body);
        let args = match decoded {
            Ok(args) => args,
            Err(error) => {
                trace::response(&span, Err(&error));
                return end.answer(call, Answer::Refused(error));
            }
        };
        let outcome = match catch_unwind(AssertUnwindSafe(|| handler(args))) {
            Ok(outcome) => outcome,
            Err(panic) => {
                let error = Exception::new(ExceptionKind::Remote, format!("the handler panicked: {}", text(&*panic)));
                trace::response(&span, Err(&error));
                return end.answer(call, Answer::Thrown(error));
            }
        };
        let passed_on = outcome.as_ref().err().and_then(|error| error.as_exception()).cloned();
        if let Some(exception) = passed_on {
            trace::response(&span, Err(&exception));
            drop(outcome);
            return end.answer(call, Answer::Thrown(exception));
        }
        let objects = Outgoing::new(end);
        let encoded = match &outcome {
            Ok(results) => end.codec().write::<Results<I, M>, T, _>(results, &objects, end.limits()),
            Err(_) if Method::<I, M>::SCHEMA.error.is_none() => {
                Err(Exception::new(ExceptionKind::Protocol, "an error that the method does not declare"))
            }
            Err(error) => end.codec().write_error(error, &objects, end.limits()),
        };
        let is_error = outcome.is_err();
        // The results are dropped before the answer, so that what only they held is gone when the caller goes on.
        drop(outcome);
        match encoded {
            Err(error) => {
                trace::response(&span, Err(&error));
                end.answer(call, Answer::Refused(error));
            }
            Ok(body) => {
                trace::response(&span, Ok(()));
                let values = Values::<C> { body, objects: objects.passed() };
                end.answer(call, if is_error { Answer::Error(values) } else { Answer::Results(values) });
                // What goes out was kept until here.
                drop(objects);
            }
        }
    }

    fn unknown(self) {
        let error = Exception::new(ExceptionKind::Unimplemented, "there is no such method");
        self.end.answer(self.call, Answer::Refused(error));
    }
}

impl<C: Codec> End<C> {
    fn answer(&self, call: CallId, answer: Answer<Handles<C>>) {
        self.enter(|state| state.answer(call, answer));
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "(no message)",
    }
}
