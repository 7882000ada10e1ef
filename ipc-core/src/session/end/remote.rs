//! What a proxy calls through.

use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, OnceLock},
    thread,
    time::{Duration, Instant},
};

use super::{
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

    fn send<I: Interface + ?Sized, const M: usize, A: Args>(&self, args: A) -> Result<Started<C>> {
        let end = self.token.end();
        end.admit()?;
        let schema = Method::<I, M>::SCHEMA;
        let objects = Outgoing::new(end);
        let body = end.codec().write::<Params<I, M>, A, _>(&args, &objects, end.limits())?;
        let target =
            Target { object: self.token.id(), interface: I::ID, ordinal: schema.ordinal, context: schema.context };
        let started = end.start(target, body, &objects);
        // After the call is sent: a release that this causes queues behind it.
        drop(args);
        started
    }

    /// Has the peer drop the object. Waits for it where waiting harms nobody.
    fn destroy(&self) {
        let end = self.token.end();
        let waits = !thread::panicking() && !in_teardown();
        if !self.token.spend() {
            return;
        }
        let outcome = end.destroy(self.token.id(), waits).and_then(|started| {
            let Some(started) = started else { return Ok(()) };
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
        let schema = Method::<I, M>::SCHEMA;
        let end = self.token.end();
        let span = trace::client_span(C::SYSTEM, I::SCHEMA.name, schema.name, end.peer());
        trace::request(&span);
        Called {
            started: self.send::<I, M, A>(args),
            decode: decode::<C, I, M, T, E>,
            call: (I::SCHEMA.name, schema.name),
            span,
            this_thread: PhantomData,
        }
    }
}

/// Reads a reply: what the handler returned.
type Decode<C, T, E> = fn(Reply<C>) -> Result<Result<T, E>>;

/// A call that was sent. It is waited for on the thread that made it, which its callbacks come back to.
pub struct Called<C: Codec, T, E> {
    started: Result<Started<C>>,
    decode: Decode<C, T, E>,
    call: (&'static str, &'static str),
    span: tracing::Span,
    this_thread: PhantomData<*const ()>,
}

impl<C: Codec, T: Args, E: Fault> Pending<T, E> for Called<C, T, E> {
    fn wait(self) -> Result<T, E> {
        let outcome = self.started.and_then(Started::wait).and_then(self.decode);
        match outcome {
            Ok(outcome) => {
                trace::response(&self.span, Ok(()));
                outcome
            }
            Err(exception) => {
                let exception: Exception = exception.in_call(self.call.0, self.call.1);
                trace::response(&self.span, Err(&exception));
                Err(E::from(exception))
            }
        }
    }
}

fn decode<C: Codec, I: Interface + ?Sized, const M: usize, T: Args, E: Fault>(reply: Reply<C>) -> Result<Result<T, E>> {
    let Reply { end, is_error, body, caps } = reply;
    let objects = Received::new(&end, caps);
    if is_error {
        return end.codec().read_error::<E, _>(&body, &objects, end.limits()).map(Err);
    }
    end.codec().read::<Results<I, M>, T, _>(&body, &objects, end.limits()).map(Ok)
}
