//! What a proxy calls through.

use std::{
    borrow::Cow,
    fmt,
    marker::PhantomData,
    sync::{Arc, OnceLock},
    thread,
    time::{Duration, Instant},
};

use super::{
    End,
    call::{Reply, Started, Target},
    lifetime::Owner,
    objects::{ImportToken, Outgoing, Received, Registry},
};
use crate::{
    deadline,
    exception::{Exception, Result},
    interface::{Interface, InterfaceSchema, Method, Params, Results},
    session::codec::Codec,
    sync::atomic::{AtomicUsize, Ordering},
    threads::in_teardown,
    trace,
    transport::{Pending, Remote},
    value::{Args, Fault},
};

/// How long the drop of the last proxy waits for the object's destructor.
const DESTROY_PATIENCE: Duration = Duration::from_secs(5);

/// A reference to an object of the peer.
pub struct RemoteRef<C: Codec> {
    token: Arc<ImportToken<C>>,
    registry: Arc<Registry<C>>,
    /// The address of the object that this is the proxy of, once it is known by it.
    address: AtomicUsize,
    /// Whether the interface declares `destroy`.
    destroy: OnceLock<()>,
    /// Keeps the connection open.
    _owner: Option<Arc<Owner<C>>>,
}

impl<C: Codec> RemoteRef<C> {
    pub(super) fn new(token: Arc<ImportToken<C>>, registry: Arc<Registry<C>>) -> Self {
        let owner = token.end().owner();
        Self { token, registry, address: AtomicUsize::new(0), destroy: OnceLock::new(), _owner: owner }
    }

    /// Notes an interface that the object has; and, unless it is zero, the address that its proxy is known by.
    pub(super) fn introduce(&self, schema: &'static InterfaceSchema, address: usize) {
        if address != 0 {
            self.address.store(address, Ordering::Release);
        }
        if schema.destroy().is_some() {
            let _ = self.destroy.set(());
        }
    }

    /// Sends a call; `held` is the end, held for as long as the call needs it.
    fn send<'e, I: Interface + ?Sized, const M: usize, A: Args>(
        &self,
        held: Cow<'e, Arc<End<C>>>,
        args: A,
    ) -> Result<Started<'e, C>> {
        let end = self.token.end();
        end.admit()?;
        let schema = Method::<I, M>::SCHEMA;
        let objects = Outgoing::new(end);
        let body = end.codec().write::<Params<I, M>, A, _>(&args, &objects, end.limits())?;
        let target =
            Target { object: self.token.id(), interface: I::ID, ordinal: schema.ordinal, context: schema.context };
        let started = End::start(held, target, body, &objects);
        // After the call is sent: a release that this causes queues behind it.
        drop(args);
        started
    }

    /// That of a call which is about to be sent.
    fn span<I: Interface + ?Sized, const M: usize>(&self) -> tracing::Span {
        let method = Method::<I, M>::SCHEMA.name;
        let span = trace::client_span(C::SYSTEM, I::SCHEMA.name, method, self.token.end().peer());
        trace::request(&span);
        span
    }

    /// Has the peer drop the object. Waits for it where waiting harms nobody.
    fn destroy(&self) {
        let end = self.token.end();
        let waits = !thread::panicking() && !in_teardown();
        if !self.token.spend() {
            return;
        }
        let outcome = end.destroy(self.token.id(), waits).and_then(|started| {
            let Some(mut started) = started else { return Ok(()) };
            let patience = Instant::now() + DESTROY_PATIENCE;
            let until = deadline::current().map_or(patience, |deadline| deadline.min(patience));
            started.wait_until(Some(until)).map(drop)
        });
        if let Err(error) = outcome {
            tracing::debug!(target: "ipc", %error, "destroy failed");
        }
    }
}

impl<C: Codec> Drop for RemoteRef<C> {
    fn drop(&mut self) {
        let address = self.address.load(Ordering::Acquire);
        if address == 0 {
            // Never known to anybody: another proxy of the object was there already.
            return;
        }
        // Before its memory is freed, so that no address is ever stale.
        self.registry.forget_proxy(address, &self.token);
        if self.destroy.get().is_some() {
            self.destroy();
        }
    }
}

impl<C: Codec> fmt::Debug for RemoteRef<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteRef").field("object", &self.token.id()).field("peer", &self.token.end().peer()).finish()
    }
}

impl<C: Codec> Remote for RemoteRef<C> {
    type Pending<T: Args, E: Fault> = Called<C, T, E>;

    fn start<I: Interface + ?Sized, const M: usize, A: Args, T: Args, E: Fault>(
        &self,
        _: Method<I, M>,
        args: A,
    ) -> Called<C, T, E> {
        let span = self.span::<I, M>();
        Called {
            started: self.send::<I, M, A>(Cow::Owned(self.token.end().clone()), args),
            decode: decode::<C, I, M, T, E>,
            call: (I::SCHEMA.name, Method::<I, M>::SCHEMA.name),
            span,
            this_thread: PhantomData,
        }
    }

    /// As one that is sent and waited for; but the proxy outlives it.
    fn call<I: Interface + ?Sized, const M: usize, A: Args, T: Args, E: Fault>(
        &self,
        _: Method<I, M>,
        args: A,
    ) -> Result<T, E> {
        let span = self.span::<I, M>();
        let started = self.send::<I, M, A>(Cow::Borrowed(self.token.end()), args);
        wait(started, decode::<C, I, M, T, E>, (I::SCHEMA.name, Method::<I, M>::SCHEMA.name), &span)
    }
}

/// Reads a reply: what the handler returned.
type Decode<C, T, E> = fn(&End<C>, Reply<C>) -> Result<Result<T, E>>;

/// A call that was sent. It is waited for on the thread that made it, which its callbacks come back to.
pub struct Called<C: Codec, T, E> {
    started: Result<Started<'static, C>>,
    decode: Decode<C, T, E>,
    call: (&'static str, &'static str),
    span: tracing::Span,
    this_thread: PhantomData<*const ()>,
}

impl<C: Codec, T: Args, E: Fault> Pending<T, E> for Called<C, T, E> {
    fn wait(self) -> Result<T, E> {
        wait(self.started, self.decode, self.call, &self.span)
    }
}

fn wait<C: Codec, T, E: Fault>(
    started: Result<Started<'_, C>>,
    decode: Decode<C, T, E>,
    (interface, method): (&'static str, &'static str),
    span: &tracing::Span,
) -> Result<T, E> {
    let outcome = started.and_then(|mut started| {
        let reply = started.wait()?;
        decode(started.end(), reply)
    });
    match outcome {
        Ok(outcome) => {
            trace::response(span, Ok(()));
            outcome
        }
        Err(exception) => {
            let exception: Exception = exception.in_call(interface, method);
            trace::response(span, Err(&exception));
            Err(E::from(exception))
        }
    }
}

fn decode<C: Codec, I: Interface + ?Sized, const M: usize, T: Args, E: Fault>(
    end: &End<C>,
    reply: Reply<C>,
) -> Result<Result<T, E>> {
    let Reply { is_error, body, caps } = reply;
    let objects = Received::new(end, caps);
    if is_error {
        return end.codec().read_error::<E, _>(&body, &objects, end.limits()).map(Err);
    }
    end.codec().read::<Results<I, M>, T, _>(&body, &objects, end.limits()).map(Ok)
}
