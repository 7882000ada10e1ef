//! A connection, outside of the cell: who reads, who writes, who waits, and how it ends.
//!
//! The way of a call: [`crate::remote`] marshals the arguments and asks [`call`] to start it; the cell turns it into bytes;
//! [`flush`](output) writes them; the caller waits in [`wait`], where it takes the [reader's role](role) and so gets its
//! reply, or the calls that come back to it, without a hop.

mod call;
mod company;
mod cores;
mod frames;
mod lifetime;
mod output;
mod role;
mod wait;
mod workers;

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use capnp_rpc::rpc_twoparty_capnp::Side;
use ipc_core::{
    Exception, Interface, Limits, Options, Result, Stream,
    interface::InterfaceSchema,
    threads::{Cleanup, WorkerCount},
};

pub(crate) use call::{CallSlot, Started, Target};
pub(crate) use lifetime::Owner;

use self::{company::Company, frames::Frames, lifetime::Status, output::Output, role::Role};
use crate::{
    cell::{Effects, Incoming, SealedCell, State},
    objects::{Registry, Released},
    poller, serve,
    threads::ThreadPost,
    wire_error,
};

/// What a message may take beside the contents that its sender has measured: the call around them, and its capabilities.
const ENVELOPE_BYTES: usize = 4096;

/// So many imports to release do not wait for the tick.
const MANY_RELEASES: usize = 256;

static NEXT: AtomicU64 = AtomicU64::new(1);

/// One connection.
pub(crate) struct Connection {
    number: u64,
    stream: Stream,
    cell: SealedCell,
    frames: Mutex<Frames>,
    output: Output,
    role: Role,
    registry: Arc<Registry>,
    released: Arc<Released>,
    limits: Limits,
    options: Options,
    workers: Arc<WorkerCount>,
    status: Status,
    /// Where user code runs that is no call.
    cleanup: Cleanup,
    /// Calls of this side that wait for replies.
    calls: AtomicUsize,
    /// Calls of the peer that are not answered.
    serving: AtomicUsize,
    /// Threads of this side that have a thread of the peer.
    own_threads: AtomicUsize,
    company: Company,
    /// This process and the peer have one core, the same.
    one_core: bool,
    /// The worker that the last call was for which another thread read.
    last_post: AtomicU64,
    /// Calls without context that came up where nobody reads: when an answer was given that they waited for.
    deferred: Mutex<VecDeque<Incoming>>,
    /// Whether calls of the peer wait inside the RPC layer.
    calls_inside: AtomicBool,
    /// Whether the poller knows that something waits to be flushed.
    dirty: AtomicBool,
    owner: OnceLock<Weak<Owner>>,
    itself: Weak<Self>,
}

impl Connection {
    /// A connection over `stream`; `root` is what the peer may ask for.
    ///
    /// # Errors
    ///
    /// If the operating system refuses to watch the stream.
    pub(crate) fn open<I: Interface + ?Sized>(
        stream: Stream,
        side: Side,
        root: Option<&Arc<I>>,
        options: Options,
    ) -> Result<(Arc<Self>, Arc<Owner>)> {
        let limits = options.limits.clone();
        let registry = Arc::<Registry>::default();
        let root = root.map(|root| registry.export(root, limits.exports)).transpose()?;
        let workers = WorkerCount::new(limits.server_threads);
        let cell = SealedCell::new({
            let (workers, limits) = (workers.clone(), limits.clone());
            move || State::new(side, root, workers, limits)
        });
        let one_core = cores::share_one(stream.peer());
        let connection = Arc::new_cyclic(|itself| Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            stream,
            cell,
            frames: Mutex::new(Frames::new(
                limits.message_bytes.saturating_add(limits.message_bytes / 8 + ENVELOPE_BYTES),
            )),
            output: Output::default(),
            role: Role::default(),
            registry,
            released: Arc::default(),
            limits,
            options,
            workers,
            status: Status::default(),
            cleanup: Cleanup::default(),
            calls: AtomicUsize::new(0),
            serving: AtomicUsize::new(0),
            own_threads: AtomicUsize::new(0),
            company: Company::default(),
            one_core,
            last_post: AtomicU64::new(0),
            deferred: Mutex::default(),
            calls_inside: AtomicBool::new(false),
            dirty: AtomicBool::new(false),
            owner: OnceLock::new(),
            itself: itself.clone(),
        });
        connection.released.set_connection(&connection);
        let owner = Arc::new(Owner::new(connection.clone()));
        let _ = connection.owner.set(Arc::downgrade(&owner));
        poller::add(&connection)?;
        // The bootstrap request, if this side made one.
        connection.with_state(|_| ());
        Ok((connection, owner))
    }

    /// A number that no other connection of this process has.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    pub(crate) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    pub(crate) fn released(&self) -> &Arc<Released> {
        &self.released
    }

    pub(crate) fn cleanup(&self) -> &Cleanup {
        &self.cleanup
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whoever keeps the connection open, if somebody does.
    pub(crate) fn owner(&self) -> Option<Arc<Owner>> {
        self.owner.get().and_then(Weak::upgrade)
    }

    /// Who the peer is, for people to read.
    pub(crate) fn peer(&self) -> String {
        self.stream.peer().to_string()
    }

    /// The interface that declares the hand-shake, unless the peer is a plain one.
    pub(crate) fn handshake(&self, schema: &'static InterfaceSchema) -> Option<u64> {
        if self.options.plain { None } else { schema.bootstrap() }
    }

    /// Enters the cell, then flushes. What is to be done outside is given back, to be [applied](Self::apply).
    fn enter<T: Send>(&self, work: impl FnOnce(&mut State) -> T + Send) -> Result<(T, Effects)> {
        self.enter_releasing(MANY_RELEASES, Self::flush, work)
    }

    /// The same to make a call or to answer one, which others may be about to do, too.
    fn enter_in_company<T: Send>(&self, work: impl FnOnce(&mut State) -> T + Send) -> Result<(T, Effects)> {
        self.enter_releasing(MANY_RELEASES, Self::flush_in_company, work)
    }

    fn enter_releasing<T: Send>(
        &self,
        least: usize,
        flush: fn(&Self),
        work: impl FnOnce(&mut State) -> T + Send,
    ) -> Result<(T, Effects)> {
        let released = self.released.take(least);
        let (output, calls_inside) = (&self.output, &self.calls_inside);
        let (serving, own_threads) = (&self.serving, &self.own_threads);
        let entered = self.cell.with(|state| {
            if !released.is_empty() {
                state.release(released);
            }
            let value = work(state);
            let effects = state.take_effects();
            calls_inside.store(state.has_calls_inside(), Ordering::Release);
            serving.store(state.serving(), Ordering::Relaxed);
            own_threads.store(state.own_threads(), Ordering::Relaxed);
            let urgent = state.has_output() && output.append(|sink| state.take_output(sink));
            (value, effects, urgent, state.given_up())
        });
        let Some((value, effects, urgent, given_up)) = entered else {
            return Err(self.broken());
        };
        if urgent {
            flush(self);
        } else if self.output.has_more() {
            self.mark_dirty();
        }
        if let Some(error) = given_up {
            self.lose(wire_error::given_up(&error));
        }
        Ok((value, effects))
    }

    /// Enters the cell where nothing but the bookkeeping is to be done; after a loss there is none.
    pub(crate) fn with_state<T: Send>(&self, work: impl FnOnce(&mut State) -> T + Send) -> Option<T> {
        let (value, effects) = self.enter(work).ok()?;
        self.apply_elsewhere(effects);
        Some(value)
    }

    /// The same to answer a call.
    pub(crate) fn with_state_in_company(&self, work: impl FnOnce(&mut State) + Send) {
        if let Ok(((), effects)) = self.enter_in_company(work) {
            self.apply_elsewhere(effects);
        }
    }

    /// Has the poller flush soon what waits for a next message that may never come.
    pub(crate) fn mark_dirty(&self) {
        // Whoever changed something under a lock that the tick takes sees here what the tick has cleared.
        if !self.dirty.load(Ordering::Acquire) && !self.dirty.swap(true, Ordering::AcqRel) {
            poller::flush_soon(self.itself.clone());
        }
    }

    /// Keeps the reader's role for a thread that is about to send an answer and then to wait again.
    pub(crate) fn keep_role(&self, post: &ThreadPost) {
        if post.waits() {
            self.role.keep(self, post.waiter());
        }
    }

    /// The poller's tick: releases what was dropped, and writes what waits.
    pub(crate) fn tick(&self) {
        self.dirty.store(false, Ordering::Release);
        self.role.tick(self);
        if let Ok(((), effects)) = self.enter_releasing(1, Self::flush, |_| ()) {
            self.apply_elsewhere(effects);
            self.flush();
        }
        if let Some(this) = self.itself.upgrade() {
            // One that is run may bring more; not by recursion, which the peer would choose the depth of.
            loop {
                let Some(call) = lock(&self.deferred).pop_front() else { break };
                serve::run(&this, call);
            }
        }
    }

    /// What the state of this connection being gone means.
    fn broken(&self) -> Exception {
        match self.status.lost() {
            Some(lost) => lost,
            None => {
                let why = Exception::new(
                    ipc_core::ExceptionKind::Protocol,
                    "the RPC layer failed on what the peer sent; the connection is given up",
                );
                self.lose(why.clone());
                why
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // It was lost before, unless opening it failed half-way.
        poller::remove(self);
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("number", &self.number).field("peer", &self.peer()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No user code runs under this crate's locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
