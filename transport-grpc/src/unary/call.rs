//! A unary call, answered by the same dispatcher as a session's.

use std::{
    any::Any,
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bytes::Bytes;
use ipc_core::{
    Exception, ExceptionKind, Interface, Limits, Result,
    interface::{Method, Params, Results},
    session::{ObjectSink, ObjectSource},
    trace,
    transport::IncomingCall,
    value::{Args, Fault},
};
use tonic::Status;

use super::{
    objects::{Face, Found, Held},
    status,
};
use crate::{codec::SYSTEM, encoding, proto::names};

/// A call that came in.
pub(super) struct UnaryCall {
    pub(super) request: Bytes,
    pub(super) limits: Limits,
    pub(super) peer: String,
    /// Where the object that the method gives is to be left; without, it may give none.
    pub(super) found: Option<Arc<Found>>,
}

impl IncomingCall for UnaryCall {
    type Done = Result<Vec<u8>, Status>;

    fn answer<I: Interface + ?Sized, const M: usize, A: Args, T: Args, E: Fault>(
        self,
        _: Method<I, M>,
        handler: impl FnOnce(A) -> Result<T, E>,
    ) -> Result<Vec<u8>, Status> {
        let Self { request, limits, peer, found } = self;
        let schema = Method::<I, M>::SCHEMA;
        let span = trace::server_span(SYSTEM, I::SCHEMA.name, schema.name, &peer);
        let _entered = span.enter();
        trace::request(&span);
        let refuse = |exception: &Exception| {
            trace::response(&span, Err(exception));
            Err(status::of(exception))
        };
        let args = match encoding::decode::<Params<I, M>, A, _>(&request, &NoObjects, &limits) {
            Ok(args) => args,
            Err(error) => return refuse(&error),
        };
        drop(request);
        let outcome = match catch_unwind(AssertUnwindSafe(|| handler(args))) {
            Ok(outcome) => outcome,
            Err(panic) => {
                let error = Exception::new(ExceptionKind::Remote, format!("the handler panicked: {}", text(&*panic)));
                trace::response(&span, Err(&error));
                return Err(status::thrown(&error));
            }
        };
        match outcome {
            Ok(results) => {
                let sink = Sink(found.map(|found| (found, RefCell::new(None))));
                match encoding::encode::<Results<I, M>, T, _>(&results, &sink, &limits) {
                    Ok(response) => {
                        trace::response(&span, Ok(()));
                        sink.keep();
                        Ok(response)
                    }
                    Err(error) => refuse(&error),
                }
            }
            Err(error) => match (error.as_exception(), schema.error_type()) {
                (Some(exception), _) => {
                    trace::response(&span, Err(exception));
                    Err(status::thrown(exception))
                }
                (None, Some(ty)) => match encoding::encode_value(&error, &NoObjects, &limits) {
                    Ok(encoded) => {
                        trace::response(&span, Ok(()));
                        Err(status::error(&ty, &names::package(I::SCHEMA.module), &encoded))
                    }
                    Err(error) => refuse(&error),
                },
                (None, None) => {
                    refuse(&Exception::new(ExceptionKind::Protocol, "an error that the method does not declare"))
                }
            },
        }
    }

    fn unknown(self) -> Result<Vec<u8>, Status> {
        Err(Status::unimplemented("there is no such method"))
    }
}

/// Without a session no object passes.
struct NoObjects;

impl ObjectSource for NoObjects {
    fn take<I: Interface + ?Sized>(&self, _: u32) -> Result<Arc<I>> {
        Err(Exception::new(ExceptionKind::Protocol, format!("an object of {} needs a session", I::SCHEMA.name)))
    }
}

impl ObjectSink for NoObjects {
    fn put<I: Interface + ?Sized>(&self, _: &Arc<I>) -> Result<u32> {
        Err(Exception::new(ExceptionKind::Protocol, format!("an object of {} needs a session", I::SCHEMA.name)))
    }
}

/// Takes the one object that a method gives, if it is asked for.
struct Sink(Option<(Arc<Found>, Place)>);

type Place = RefCell<Option<Arc<dyn Face>>>;

impl Sink {
    fn keep(self) {
        if let Some((found, object)) = self.0 {
            found.set(object.into_inner());
        }
    }
}

impl ObjectSink for Sink {
    fn put<I: Interface + ?Sized>(&self, object: &Arc<I>) -> Result<u32> {
        match &self.0 {
            None => NoObjects.put(object),
            Some((_, place)) => {
                let former = place.replace(Some(Arc::new(Held(object.clone()))));
                drop(former);
                Ok(0)
            }
        }
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "(no message)",
    }
}
