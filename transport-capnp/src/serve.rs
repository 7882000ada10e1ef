//! Calls of the peer, served: on the thread that they belong to, outside of the cell.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use capnp::any_pointer;
use capnp_rpc::rpc_capnp::{message, return_};
use ipc_core::{
    Exception, ExceptionKind, Interface, Result, caller,
    interface::Method,
    trace,
    transport::IncomingCall,
    value::{Args, Fault},
};

use crate::{
    cell::{Body, CapIn, CapOut, Contents, Incoming, ServedKey},
    connection::Connection,
    encoding::{self, Message, ObjectSink, ObjectSource, Payload},
    mp,
    objects::ImportToken,
    threads::{self, ThreadPost},
    wire_error,
};

/// The scheme, and the system that spans name.
pub(crate) const SYSTEM: &str = "capnp";

/// Serves a call on this thread.
pub(crate) fn run(connection: &Arc<Connection>, call: Incoming) {
    let Incoming { key, object, interface, ordinal, body, post, callback } = call;
    let callback = callback.map(|key| Arc::new(ImportToken::new(key, connection.released())));
    if post.as_ref().is_some_and(|post| post.is_cancelled()) {
        connection.answer(key, Err(wire_error::cancelled()));
        return;
    }
    if !connection.may_serve(post.is_some()) {
        let full = Exception::new(ExceptionKind::Overloaded, "the caller does not read the replies that it has");
        connection.answer(key, Err(wire_error::from_layer(&full)));
        return;
    }
    if connection.is_closing() && threads::serving(connection.number()) == 0 {
        // Only what a call needs that runs already is still served.
        let closing = Exception::new(ExceptionKind::Cancelled, "the connection is being closed");
        connection.answer(key, Err(wire_error::from_layer(&closing)));
        return;
    }
    let _running = connection.running();
    let serving = (threads::serve(connection.number(), callback), caller::serve(connection.clone(), key as u64));
    let face = object.face(interface);
    if face.as_ref().is_some_and(|face| face.schema().find(interface).is_some_and(|i| i.destroy == Some(ordinal))) {
        object.destroy();
        // Let go of here, before the answer: the last reference may be this one.
        drop((face, object));
        drop(serving);
        connection.answer(key, connection.empty_answer());
        return;
    }
    let Some(face) = face else {
        let gone = Exception::new(ExceptionKind::Protocol, "the object was destroyed");
        connection.answer(key, Err(wire_error::from_layer(&gone)));
        return;
    };
    let incoming = IncomingCapnp { connection: connection.clone(), key, body, post };
    // Handlers are caught where they run; this is for what a `Drop` of an argument or a result does.
    let served = catch_unwind(AssertUnwindSafe(|| face.dispatch(interface, ordinal, incoming)));
    if served.is_err() {
        let panicked = Exception::new(ExceptionKind::Remote, "the call panicked beside its handler");
        connection.answer(key, Err(wire_error::from_handler(&panicked)));
    }
    drop(serving);
}

/// Answers a call that nobody runs: the thread that it is for does not wait any more.
pub(crate) fn refuse(connection: &Arc<Connection>, call: Incoming) {
    let Incoming { key, object, body, callback, .. } = call;
    drop(callback.map(|key| ImportToken::new(key, connection.released())));
    drop(Received { connection, caps: RefCell::new(body.caps.into_iter().map(Cap::Raw).collect()) });
    connection.answer(key, Err(wire_error::cancelled()));
    connection.cleanup().run_soon(move || drop(object));
}

/// A call of the peer.
pub(crate) struct IncomingCapnp {
    connection: Arc<Connection>,
    key: ServedKey,
    body: Body,
    post: Option<Arc<ThreadPost>>,
}

impl IncomingCall for IncomingCapnp {
    type Done = ();

    fn answer<I: Interface + ?Sized, const M: usize, A: Args, T: Args, E: Fault>(
        self,
        _: Method<I, M>,
        handler: impl FnOnce(A) -> Result<T, E>,
    ) {
        let Self { connection, key, body, post } = self;
        let schema = Method::<I, M>::SCHEMA;
        let span = trace::server_span(SYSTEM, I::SCHEMA.name, schema.name, connection.stream().peer());
        let _entered = span.enter();
        trace::request(&span);
        let decoded = read(&connection, body, |payload, source| {
            encoding::decode_params::<I, M, A, _>(payload, source, connection.limits())
        });
        let args = match decoded {
            Ok(args) => args,
            Err(error) => {
                trace::response(&span, Err(&error));
                connection.answer(key, Err(wire_error::from_layer(&error)));
                return;
            }
        };
        let outcome = match catch_unwind(AssertUnwindSafe(|| handler(args))) {
            Ok(outcome) => outcome,
            Err(panic) => {
                let error = Exception::new(ExceptionKind::Remote, format!("the handler panicked: {}", text(&*panic)));
                trace::response(&span, Err(&error));
                connection.answer(key, Err(wire_error::from_handler(&error)));
                return;
            }
        };
        let passed_on = outcome.as_ref().err().and_then(|error| error.as_exception());
        if let Some(exception) = passed_on {
            trace::response(&span, Err(exception));
            connection.answer(key, Err(wire_error::from_handler(exception)));
            return;
        }
        let objects = Outgoing::new(&connection);
        let encoded = encoding::encode_results::<I, M, T, E, _>(&outcome, &objects, connection.limits());
        // The results are dropped before the answer, so that what only they held is gone when the caller goes on.
        drop(outcome);
        match encoded {
            Ok(message) => {
                trace::response(&span, Ok(()));
                if let Some(post) = &post {
                    connection.keep_role(post);
                }
                connection.answer(key, Ok((message, objects.into_caps())));
            }
            Err(error) => {
                trace::response(&span, Err(&error));
                connection.answer(key, Err(wire_error::from_layer(&error)));
            }
        }
    }

    fn unknown(self) {
        let error = Exception::new(ExceptionKind::Unimplemented, "there is no such method");
        self.connection.answer(self.key, Err(wire_error::from_layer(&error)));
    }
}

impl Connection {
    /// Answers a call.
    pub(crate) fn answer(self: &Arc<Self>, key: ServedKey, answer: Result<(Message, Vec<CapOut>), capnp::Error>) {
        let keep = answer.as_ref().ok().map(|(_, caps)| caps.clone());
        let answer = answer.map(|(message, caps)| {
            let words = message.words();
            (message.into_builder(), words, caps)
        });
        self.with_state_in_company(move |state| state.answer(key, answer));
        drop(keep);
    }

    /// The answer of a method without results.
    fn empty_answer(&self) -> Result<(Message, Vec<CapOut>), capnp::Error> {
        Message::empty().map(|message| (message, Vec::new())).map_err(mp::unexpected)
    }
}

fn text(panic: &(dyn std::any::Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "(no message)",
    }
}

/// Reads the contents of a call or of a reply.
///
/// # Errors
///
/// `Protocol` if it is malformed, and what `decode` refuses.
pub(crate) fn read<T>(
    connection: &Arc<Connection>,
    body: Body,
    decode: impl FnOnce(Payload<'_>, &Received<'_>) -> Result<T>,
) -> Result<T> {
    let caps = body.caps.len() as u32;
    let source = Received { connection, caps: RefCell::new(body.caps.into_iter().map(Cap::Raw).collect()) };
    match body.message {
        Contents::Own(message) => {
            let words = message.size_in_words();
            let root = message.get_root_as_reader().map_err(encoding::raw::malformed)?;
            decode(Payload { root, caps, words }, &source)
        }
        Contents::Shared(message) => {
            let reader = message.reader();
            let root = content(&reader).map_err(encoding::raw::malformed)?;
            decode(Payload { root, caps, words: message.len_bytes() / 8 }, &source)
        }
    }
}

/// The content of a message's payload.
fn content(reader: &capnp::message::Reader<crate::message::Received>) -> capnp::Result<any_pointer::Reader<'_>> {
    Ok(match reader.get_root::<message::Reader<'_>>()?.which()? {
        message::Call(call) => call?.get_params()?.get_content(),
        message::Return(answer) => match answer?.which()? {
            return_::Results(payload) => payload?.get_content(),
            _ => return Err(capnp::Error::failed("a return without results".into())),
        },
        _ => return Err(capnp::Error::failed("neither a call nor a return".into())),
    })
}

/// The objects of a message that came in. What nobody takes is released.
pub(crate) struct Received<'a> {
    connection: &'a Arc<Connection>,
    caps: RefCell<Vec<Cap>>,
}

enum Cap {
    Raw(CapIn),
    /// Taken once: a message that refers to it again gets another share in it.
    Taken(CapOut),
    Gone,
}

impl ObjectSource for Received<'_> {
    fn take<I: Interface + ?Sized>(&self, index: u32) -> Result<Arc<I>> {
        let registry = self.connection.registry();
        let mut caps = self.caps.borrow_mut();
        let cap = caps.get_mut(index as usize).ok_or_else(|| {
            Exception::new(ExceptionKind::Protocol, format!("the message has no capability number {index}"))
        })?;
        match std::mem::replace(cap, Cap::Gone) {
            Cap::Raw(CapIn::Own(export)) => {
                *cap = Cap::Taken(CapOut::Own(export.clone()));
                drop(caps);
                registry.own(&export)
            }
            Cap::Raw(CapIn::Peer(key)) => {
                let token = Arc::new(ImportToken::new(key, self.connection.released()));
                *cap = Cap::Taken(CapOut::Peer(token.clone()));
                drop(caps);
                Ok(registry.proxy(self.connection, token))
            }
            Cap::Taken(taken) => {
                *cap = Cap::Taken(taken.clone());
                drop(caps);
                match taken {
                    CapOut::Own(export) => registry.own(&export),
                    CapOut::Peer(token) => Ok(registry.proxy(self.connection, token)),
                }
            }
            Cap::Raw(CapIn::Foreign(what)) => {
                let message = format!("expected an object of interface {}, got {what}", I::SCHEMA.name);
                Err(Exception::new(ExceptionKind::Protocol, message))
            }
            Cap::Gone => Err(Exception::new(ExceptionKind::Protocol, "a capability that was refused already")),
        }
    }
}

impl Drop for Received<'_> {
    fn drop(&mut self) {
        for cap in self.caps.take() {
            if let Cap::Raw(CapIn::Peer(key)) = cap {
                drop(ImportToken::new(key, self.connection.released()));
            }
        }
    }
}

/// The objects of a message that goes out.
pub(crate) struct Outgoing<'a> {
    connection: &'a Arc<Connection>,
    caps: RefCell<Vec<CapOut>>,
}

impl<'a> Outgoing<'a> {
    pub(crate) fn new(connection: &'a Arc<Connection>) -> Self {
        Self { connection, caps: RefCell::default() }
    }

    pub(crate) fn into_caps(self) -> Vec<CapOut> {
        self.caps.into_inner()
    }
}

impl ObjectSink for Outgoing<'_> {
    fn put<I: Interface + ?Sized>(&self, object: &Arc<I>) -> Result<u32> {
        let cap = self.connection.registry().put(object, self.connection.limits().exports)?;
        let mut caps = self.caps.borrow_mut();
        caps.push(cap);
        Ok((caps.len() - 1) as u32)
    }
}
