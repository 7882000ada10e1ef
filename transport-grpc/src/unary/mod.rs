//! Typed unary services: for clients in other languages, that have no session.
//!
//! There is a service for each interface that the root object leads to. A method that passes values only is called on an
//! object that needs no session to be reached: the root, or what methods without parameters give, beginning with the root's.
//! Others answer FAILED_PRECONDITION and say why. Calls run on any thread.

mod body;
mod call;
mod catalog;
mod link;
mod objects;
mod status;
mod timeout;
mod unsent;
mod waiting;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use hyper::body::Incoming;
use ipc_core::{Exception, ExceptionKind, Interface, Limits, caller, deadline};
use tokio::sync::{Semaphore, watch};
use tonic::{Status, body::Body};

use self::{
    call::UnaryCall,
    catalog::{Catalog, Entry},
    objects::Objects,
    unsent::Unsent,
    waiting::Waiting,
};
pub(crate) use link::UnaryLink;

use crate::http2;

/// The requests of one connection may take so many times the largest message.
const REQUESTS_OF_MOST_BYTES: usize = 8;

/// The unary calls of one connection.
pub(crate) struct Unary {
    catalog: Arc<Catalog>,
    objects: Objects,
    peer: String,
    limits: Limits,
    /// How many bytes of requests may be held.
    room: Semaphore,
    /// Responses that the client has not taken.
    unsent: Unsent,
    running: AtomicUsize,
    idle: watch::Sender<()>,
}

impl Unary {
    /// Those that lead to `root`.
    pub(crate) fn new<I: Interface + ?Sized>(root: &Arc<I>, peer: String, limits: Limits) -> Arc<Self> {
        let room = limits.message_bytes.saturating_mul(REQUESTS_OF_MOST_BYTES).min(Semaphore::MAX_PERMITS);
        Arc::new(Self {
            catalog: Catalog::of(I::SCHEMA),
            objects: Objects::new(root),
            peer,
            limits,
            room: Semaphore::new(room),
            unsent: Unsent::new(),
            running: AtomicUsize::new(0),
            idle: watch::Sender::new(()),
        })
    }

    /// How many calls run.
    pub(crate) fn running(&self) -> usize {
        self.running.load(Ordering::Acquire)
    }

    /// How many bytes of responses wait to be written.
    pub(crate) fn output_bytes(&self) -> usize {
        self.unsent.bytes()
    }

    /// Answers a request.
    pub(crate) async fn answer(self: Arc<Self>, request: http::Request<Incoming>) -> http::Response<Body> {
        let service = request.uri().path().split('/').nth(1).unwrap_or_default();
        if let Some(other) = self.catalog.other(service) {
            return other(request).await;
        }
        match self.call(request).await {
            Ok(response) => body::response(response),
            Err(status) => status.into_http(),
        }
    }

    async fn call(self: Arc<Self>, request: http::Request<Incoming>) -> Result<Bytes, Status> {
        let (head, body) = request.into_parts();
        if head.method != http::Method::POST {
            return Err(unknown("expected the method POST"));
        }
        let path = head.uri.path();
        let Some(entry) = self.catalog.find(path) else {
            return Err(unknown(format!("there is no method {path}")));
        };
        if let Some(why) = &entry.needs_session {
            return Err(Status::failed_precondition(format!("{path} needs a session: {why}")));
        }
        let limit = timeout::of(&head.headers)?;
        let until = limit.and_then(|limit| std::time::Instant::now().checked_add(limit));
        let work = self.clone().serve(entry, body, until);
        match until {
            None => work.await,
            Some(until) => match tokio::time::timeout_at(until.into(), work).await {
                Ok(done) => done,
                Err(_) => Err(Status::deadline_exceeded("the deadline passed before the method returned")),
            },
        }
    }

    async fn serve(
        self: Arc<Self>,
        entry: Entry,
        body: Incoming,
        until: Option<std::time::Instant>,
    ) -> Result<Bytes, Status> {
        let (request, _room) = body::message(body, self.limits.message_bytes, &self.room).await?;
        self.unsent.room(&self.limits).await;
        let running = Running::begin(&self)?;
        let waiting = Waiting::default();
        let serves = waiting.serves();
        let work = move || {
            let this = &running.0;
            let _deadline = deadline::set(until);
            let _serving = caller::serve(serves, waiting::CALL);
            let object = this.objects.reach(&entry, &this.limits).map_err(|error| status::of(&error))?;
            let call = UnaryCall { request, limits: this.limits.clone(), peer: this.peer.clone(), found: None };
            object.dispatch(entry.interface.id, entry.ordinal, call).map(|message| body::framed(&message))
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => self.unsent.hold(done?, &self.limits).map_err(|error| status::of(&error)),
            // Handlers are caught where they run; this is for what a `Drop` of an argument or a result does.
            Err(_) => Err(Status::unknown("the call panicked beside its handler")),
        }
    }
}

/// A call that runs, also when nobody waits for it any more.
struct Running(Arc<Unary>);

impl Running {
    fn begin(unary: &Arc<Unary>) -> Result<Self, Status> {
        // Streams that are reset are not among those that are open, but their calls run on.
        let most = unary.limits.server_threads.min(http2::STREAMS as usize);
        let taken = unary.running.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| (n < most).then_some(n + 1));
        match taken {
            Ok(_) => Ok(Self(unary.clone())),
            Err(_) => {
                let message = format!("the connection has its {most} calls already");
                Err(status::of(&Exception::new(ExceptionKind::Overloaded, message)))
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
        self.0.idle.send_replace(());
    }
}

fn unknown(message: impl Into<String>) -> Status {
    Status::unimplemented(message)
}
