//! The contract between an interface and whatever carries its calls.
//!
//! # The contract
//!
//! Every transport keeps every clause; the conformance suite has at least one case named after each.
//!
//! ## Calls
//!
//! - **C1** Arguments, results and errors arrive equal to what was sent, at the edges too: empty, the largest and the
//!   smallest number, NaN, 16 MiB; an error of up to 1 MiB.
//! - **C2** A handler's `Err(E)` arrives as that `E`. An [`Exception`] that crosses a wire, alone or inside an `E`, arrives
//!   as `Remote` with the original as its source: the other kinds only ever describe the caller's own connection.
//! - **C3** A panic in a handler arrives as `Remote`, and the connection lives on.
//! - **C4** An unknown method or interface is `Unimplemented`, and nothing else is harmed.
//! - **C5** Calls from different threads never block each other.
//! - **C6** Calls from one thread arrive in order.
//!
//! ## Threads
//!
//! - **T1** All calls *with a context* (the default) that one client thread makes over one connection run on one server
//!   thread, and different client threads get different ones, so that thread-locals and lock ownership persist from call to
//!   call. Methods declared `no_context` run on whoever reads, and may not block.
//! - **T2** While a thread waits for a reply, calls that the serving thread makes back to it, directly or nested to any
//!   depth, run *on that waiting thread*.
//! - **T3** Calls that another thread of the peer makes run on a thread that stands for that one.
//! - **T4** A client thread may hold a `std` lock across a call, and take a reentrant one in the nested callback.
//! - **T5** When a client thread ends, its server thread ends.
//! - **T6** Thread names carry over, so that a debugger shows who works for whom.
//! - **T7** The number of server threads per connection is bounded ([`Limits::server_threads`]); past it: `Overloaded`.
//!
//! ## Objects
//!
//! - **O1** An object passed by reference lives while the peer holds it and no longer: after the last proxy is dropped the
//!   object is dropped, soon, also on a connection that is otherwise idle.
//! - **O2** Identity survives a round trip: an object that comes home is the original `Arc` again.
//! - **O3** Objects can be stored and called later, from any thread.
//! - **O4** A forged, doubled or foreign object id is a protocol error that costs only that connection.
//! - **O5** Callbacks may outlive the call that passed them.
//! - **O6** An interface that declares `destroy`: dropping the last proxy waits, on application threads only and at most the
//!   ambient deadline or 5 s, until the object's client thread's worker has dropped it. Elsewhere (I/O threads, unwinding,
//!   thread-local teardown) it fires and forgets.
//! - **O7** Returned objects can return objects.
//!
//! ## Failure
//!
//! - **F1** A call made after the peer is gone is `Disconnected`: never sent, safe to retry.
//! - **F2** A call in flight when the peer goes is `Interrupted` (it may have run), exactly once: the innermost wait at once,
//!   outer ones as the stack unwinds.
//! - **F3** Disconnect handlers run once, outside all locks.
//! - **F4** All objects that the gone peer held are released.
//! - **F5** The same for `kill -9`, for exit, and for a closed socket, at every point of a call.
//! - **F6** A deadline ([`crate::deadline()`], inherited by nested calls, sent along where the wire can) ends a call with
//!   `DeadlineExceeded` even when the peer is stopped. It abandons the server thread: the caller's next call gets a new one
//!   (T1's only exception), the old one counts towards T7 until its handler returns, its late calls back get `Cancelled`.
//! - **F7** A slow reader meets bounded memory and back-pressure, applied before a call is built and never to replies.
//! - **F8** What is too large is `TooLarge` before it is allocated, in both directions.
//! - **F9** Shutdown: stop accepting, drain, cancel, release, join. After a grace time it detaches what still runs, and
//!   reports those threads' names.
//! - **F10** Malformed bytes close that connection only: no panic, no hang, no large allocation.
//! - **F11** A handler that asks ([`crate::caller()`]) is told, once, that nobody waits for its call any more: because the
//!   connection is lost or the call was given up. It need not end for that; until it does, its thread is its own.
//!
//! # On the caller's own thread
//!
//! Between two ends in one process a transport may run calls *directly*: on the thread that makes them
//! (`transport-local`'s direct form). There is then no thread between caller and handler, so some clauses are weaker:
//!
//! - **T1, T3** A call runs on the caller's own thread, with that thread's thread-locals; so does one that another thread of
//!   the peer makes, on that one.
//! - **T5, T6, T7** There are no server threads: none ends, none is named, none is counted.
//! - **F2, F5, F6** A handler that runs is not left alone. Loss and deadline are found out before a call, which then does not
//!   run, and when its handler has ended: its result, if it has one, is not given then. No thread is abandoned, the next call
//!   runs as any other, and what the handler calls back before it ends is served, unless the connection is lost.
//! - **F6, F7** A frozen peer's calls wait before they begin, at most until their deadline; nothing is queued.
//! - **O6** Dropping the last proxy runs the destructor on this thread, for as long as that takes; where it fires and
//!   forgets, on a thread of the connection's.
//! - **F9** Handlers that still run after the grace time are on callers' threads, and reported as such.
//! - **F11** A handler is told of a loss, but of no deadline: its caller waits on. The ambient deadline tells.
//!
//! # For callers
//!
//! Use the facade: `ipc::connect`, `ipc::serve`, `ipc::spawn`. A [`Connection`] tells how its peer is, closes it, and calls
//! back when it is lost.
//!
//! # For transport authors
//!
//! Implement [`Transport`] for a type that makes connections, [`Remote`] for what a proxy calls through, and
//! [`IncomingCall`] for a call that came in; [`Writer`](crate::value::Writer) and [`Reader`](crate::value::Reader) for the
//! encoding. Handlers, `Drop`s of user objects and disconnect handlers are user code: never run them under a lock.
//!
//! These traits are provisional until a second transport stands on them.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    address::Address,
    exception::{Exception, Result},
    interface::{Interface, Method},
    limits::Limits,
    server::{Listening, Serving, at_socket},
    socket::Stream,
    value::{Args, Fault},
};

/// Makes connections.
pub trait Transport: Send + Sync + 'static {
    /// The scheme that an address names this transport by, for example `capnp`.
    fn scheme(&self) -> &'static str;

    /// Makes a connection as the side that connects or spawns. It gets the other side's root object.
    ///
    /// # Errors
    ///
    /// `Disconnected` if the peer goes before the hand-shake is done, `Unimplemented` if it does not know the interface.
    fn connect<I: Interface + ?Sized>(&self, stream: Stream, options: Options) -> Result<Connected<I>>;

    /// Makes a connection as the side that listens or was spawned. It gives its root object.
    ///
    /// # Errors
    ///
    /// `Disconnected` if the peer is gone already.
    fn accept<I: Interface + ?Sized>(&self, stream: Stream, root: Arc<I>, options: Options) -> Result<Connection>;

    /// Connects to whoever serves at an address: by default over a stream to it. A transport without streams has its own way.
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect), and `Disconnected` if nobody is there.
    fn dial<I: Interface + ?Sized>(&self, address: &Address, options: Options) -> Result<Connected<I>> {
        self.connect(Stream::connect(address)?, options)
    }

    /// Serves whoever connects to an address: by default at a socket.
    ///
    /// # Errors
    ///
    /// `Disconnected` if it cannot be bound.
    fn listen<I: Interface + ?Sized>(
        &self,
        address: &Address,
        root: Arc<I>,
        serving: Serving,
    ) -> Result<Box<dyn Listening>>
    where
        Self: Clone,
    {
        at_socket(self, address, root, serving)
    }
}

/// What a connection may be told when it is made.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// Bounds on what the peer can make this side hold.
    pub limits: Limits,
    /// Tells what is known of the end of the peer's process, for the exceptions that it causes.
    pub peer_exit: Option<Arc<dyn Fn() -> Option<String> + Send + Sync>>,
    /// Whether the root is a plain object of the wire's protocol, without this project's hand-shake.
    pub plain: bool,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("limits", &self.limits).field("plain", &self.plain).finish_non_exhaustive()
    }
}

/// What connecting gives.
pub struct Connected<I: ?Sized> {
    /// The other side's root object.
    pub root: Arc<I>,
    /// The connection. It lives on in proxies; this handle need not be kept.
    pub connection: Connection,
}

/// For every interface, whether its objects say more of themselves or not.
impl<I: ?Sized> fmt::Debug for Connected<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connected").field("connection", &self.connection).finish_non_exhaustive()
    }
}

/// A handle on a connection; cheap to clone.
#[derive(Clone)]
pub struct Connection(Arc<dyn Link>);

impl Connection {
    /// For transport authors: a handle on `link`.
    pub fn new(link: Arc<dyn Link>) -> Self {
        Self(link)
    }

    /// Who the peer is, for people to read.
    pub fn peer(&self) -> String {
        self.0.peer()
    }

    /// Whether calls can be made.
    pub fn is_connected(&self) -> bool {
        self.0.is_connected()
    }

    /// Has `handler` called once when the connection is lost or closed: outside all locks, on whatever thread notices. If it
    /// is lost already, now.
    pub fn on_disconnect(&self, handler: impl FnOnce(&Exception) + Send + 'static) {
        self.0.on_disconnect(Box::new(handler));
    }

    /// Blocks until the connection is lost or closed.
    pub fn wait(&self) {
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        self.on_disconnect(move |_| drop(sender));
        // An error says that the sender is gone: that is the event.
        let _ = receiver.recv();
    }

    /// Closes the connection: lets calls that are served end, for at most `grace`, cancels the rest, releases all objects
    /// and joins the threads.
    ///
    /// # Errors
    ///
    /// The names of the threads that still run a handler after the grace time; they are detached.
    pub fn close(&self, grace: Duration) -> Result<(), StillRunning> {
        self.0.close(grace)
    }

    /// How much the connection holds.
    pub fn usage(&self) -> Usage {
        self.0.usage()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("peer", &self.peer()).field("connected", &self.is_connected()).finish()
    }
}

/// For transport authors: what stands behind a [`Connection`].
pub trait Link: Send + Sync {
    /// As [`Connection::peer`].
    fn peer(&self) -> String;
    /// As [`Connection::is_connected`].
    fn is_connected(&self) -> bool;
    /// As [`Connection::on_disconnect`].
    fn on_disconnect(&self, handler: Box<dyn FnOnce(&Exception) + Send>);
    /// As [`Connection::close`].
    ///
    /// # Errors
    ///
    /// As [`Connection::close`].
    fn close(&self, grace: Duration) -> Result<(), StillRunning>;
    /// As [`Connection::usage`].
    fn usage(&self) -> Usage;
}

/// How much a connection holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Own objects that the peer holds.
    pub exports: usize,
    /// Objects of the peer that this side holds.
    pub imports: usize,
    /// Calls that wait for a reply.
    pub calls: usize,
    /// Threads that serve the peer's.
    pub server_threads: usize,
    /// Bytes that wait to be written.
    pub output_bytes: usize,
}

/// A close that did not wait for all handlers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("handlers still run after the grace time, on: {}", threads.join(", "))]
pub struct StillRunning {
    /// The names of the threads that were detached.
    pub threads: Vec<String>,
}

/// What a proxy calls through: a reference to an object in another process.
pub trait Remote: Send + Sync + Sized + 'static {
    /// A call that was sent.
    type Pending<T: Args, E: Fault>: Pending<T, E>;

    /// Sends a call. What goes wrong shows when it is waited for.
    fn start<I: Interface + ?Sized, const M: usize, A: Args, T: Args, E: Fault>(
        &self,
        method: Method<I, M>,
        args: A,
    ) -> Self::Pending<T, E>;

    /// Sends a call and waits for the reply, running nested callbacks meanwhile.
    ///
    /// # Errors
    ///
    /// What the handler returned, or an [`Exception`] made an `E`.
    fn call<I: Interface + ?Sized, const M: usize, A: Args, T: Args, E: Fault>(
        &self,
        method: Method<I, M>,
        args: A,
    ) -> Result<T, E> {
        self.start(method, args).wait()
    }
}

/// A call that was sent. Dropping it gives the call up.
pub trait Pending<T, E> {
    /// Waits for the reply on this thread, which runs nested callbacks meanwhile.
    ///
    /// # Errors
    ///
    /// As [`Remote::call`].
    fn wait(self) -> Result<T, E>;
}

/// A call that came in, to be answered by the object it was made to.
pub trait IncomingCall: Sized {
    /// What the transport wants back.
    type Done;

    /// Reads the arguments, runs the handler and answers. A panic of the handler is answered as `Remote`.
    fn answer<I: Interface + ?Sized, const M: usize, A: Args, T: Args, E: Fault>(
        self,
        method: Method<I, M>,
        handler: impl FnOnce(A) -> Result<T, E>,
    ) -> Self::Done;

    /// Answers that there is no such interface or method: `Unimplemented`.
    fn unknown(self) -> Self::Done;
}
