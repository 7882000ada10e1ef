//! What a proxy calls through.

use std::{
    fmt,
    marker::PhantomData,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use ipc_core::{
    Exception, Interface, Result, deadline,
    interface::{InterfaceSchema, Method, MethodSchema},
    threads::in_teardown,
    trace,
    transport::{Pending, Remote},
    value::{Args, Fault},
};

use crate::{
    answers,
    cell::Body,
    connection::{Connection, Owner, Started, Target},
    encoding::{self, Message},
    objects::{ImportToken, Registry},
    poller,
    serve::{self, Outgoing, SYSTEM},
    threads,
};

/// A reference to an object of the peer.
pub(crate) struct RemoteRef {
    connection: Arc<Connection>,
    token: Arc<ImportToken>,
    registry: Arc<Registry>,
    /// The address of the object that this is the proxy of, once it is known by it.
    address: AtomicUsize,
    /// The interface that declares `destroy`, and its ordinal.
    destroy: OnceLock<(u64, u16)>,
    /// Keeps the connection open.
    _owner: Option<Arc<Owner>>,
}

impl RemoteRef {
    pub(crate) fn new(connection: &Arc<Connection>, token: Arc<ImportToken>, registry: Arc<Registry>) -> Self {
        Self {
            connection: connection.clone(),
            token,
            registry,
            address: AtomicUsize::new(0),
            destroy: OnceLock::new(),
            _owner: connection.owner(),
        }
    }

    /// Notes an interface that the object has; and, unless it is zero, the address that its proxy is known by.
    pub(crate) fn introduce(&self, schema: &'static InterfaceSchema, address: usize) {
        if address != 0 {
            self.address.store(address, Ordering::Release);
        }
        if let Some(destroy) = schema.destroy() {
            let _ = self.destroy.set(destroy);
        }
    }

    fn send<I: Interface + ?Sized, const M: usize, A: Args>(&self, args: A) -> Result<Started> {
        self.connection.admit()?;
        let schema = Method::<I, M>::SCHEMA;
        let objects = Outgoing::new(&self.connection);
        let message = encoding::encode_params::<I, M, A, _>(&args, &objects, self.connection.limits())?;
        let target = Target {
            object: self.token.key(),
            interface: I::ID,
            ordinal: schema.ordinal,
            context: schema.context,
            gives_objects: const { !I::SCHEMA.methods[M].answers_are_plain() } && answers::may_hold_objects(schema),
        };
        let started = self.connection.start(target, message, objects.into_caps());
        // After the call is sent: a release that this causes queues behind it.
        drop(args);
        started
    }

    /// Has the peer destroy the object. Waits for it where waiting harms nobody.
    fn destroy(&self, (interface, ordinal): (u64, u16)) {
        let target = Target { object: self.token.key(), interface, ordinal, context: true, gives_objects: false };
        let started = Message::empty().and_then(|message| self.connection.start(target, message, Vec::new()));
        let outcome = match started {
            Err(error) => Err(error),
            Ok(started) if poller::is_current_thread() || thread::panicking() || in_teardown() => {
                started.detach();
                // It runs still, perhaps, and a peer may not bear two calls on one thread: this one's next gets a new one.
                if threads::serving(self.connection.number()) == 0 {
                    let post = threads::post(&self.connection);
                    threads::abandon(&self.connection, &post);
                    self.connection.forget_thread(&post);
                }
                return;
            }
            Ok(started) => {
                let patience = Instant::now() + DESTROY_PATIENCE;
                let until = deadline::current().map_or(patience, |deadline| deadline.min(patience));
                started.wait_until(Some(until)).map(drop)
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(target: "ipc", %error, "destroy failed");
        }
    }
}

/// How long the drop of the last proxy waits for the object's destructor.
const DESTROY_PATIENCE: Duration = Duration::from_secs(5);

impl Drop for RemoteRef {
    fn drop(&mut self) {
        let address = self.address.load(Ordering::Acquire);
        if address == 0 {
            // Never known to anybody: another proxy of the object was there already.
            return;
        }
        // Before its memory is freed, so that no address is ever stale.
        self.registry.forget_proxy(address, &self.token);
        if let Some(destroy) = self.destroy.get() {
            self.destroy(*destroy);
        }
    }
}

impl fmt::Debug for RemoteRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteRef").field("object", &self.token).field("peer", &self.connection.peer()).finish()
    }
}

impl Remote for RemoteRef {
    type Pending<T: Args, E: Fault> = Reply<T, E>;

    fn start<I: Interface + ?Sized, const M: usize, A: Args, T: Args, E: Fault>(
        &self,
        _: Method<I, M>,
        args: A,
    ) -> Reply<T, E> {
        let schema = Method::<I, M>::SCHEMA;
        let span = trace::client_span(SYSTEM, I::SCHEMA.name, schema.name, self.connection.stream().peer());
        trace::request(&span);
        Reply {
            started: self.send::<I, M, A>(args),
            connection: self.connection.clone(),
            decode: decode::<I, M, T, E>,
            interface: I::SCHEMA.name,
            method: schema,
            span,
            types: PhantomData,
        }
    }
}

/// Reads a reply: what the handler returned.
type Decode<T, E> = fn(&Arc<Connection>, Body) -> Result<Result<T, E>>;

/// A call that was sent.
pub(crate) struct Reply<T, E> {
    started: Result<Started>,
    connection: Arc<Connection>,
    decode: Decode<T, E>,
    interface: &'static str,
    method: &'static MethodSchema,
    span: tracing::Span,
    types: PhantomData<fn() -> (T, E)>,
}

impl<T: Args, E: Fault> Pending<T, E> for Reply<T, E> {
    fn wait(self) -> Result<T, E> {
        let outcome = self.started.and_then(Started::wait).and_then(|body| (self.decode)(&self.connection, body));
        match outcome {
            Ok(outcome) => {
                trace::response(&self.span, Ok(()));
                outcome
            }
            Err(exception) => {
                let exception: Exception = self.method.explain(exception).in_call(self.interface, self.method.name);
                trace::response(&self.span, Err(&exception));
                Err(E::from(exception))
            }
        }
    }
}

fn decode<I: Interface + ?Sized, const M: usize, T: Args, E: Fault>(
    connection: &Arc<Connection>,
    body: Body,
) -> Result<Result<T, E>> {
    serve::read(connection, body, |payload, source| {
        encoding::decode_results::<I, M, T, E, _>(payload, source, connection.limits())
    })
}
