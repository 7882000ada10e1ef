//! One end of a connection: the machine behind its lock, and all around it that every transport shares.

mod call;
mod direct;
mod lifetime;
mod objects;
mod remote;
mod serve;
mod threads;
mod workers;

use std::{
    fmt,
    marker::PhantomData,
    sync::{
        Arc, OnceLock, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use smallvec::SmallVec;

use self::{
    call::{CallSlot, Reply},
    direct::{Between, Unmoved},
    lifetime::{Owner, Status},
    objects::{Cap, Export, Registry, Values, caps},
    serve::{What, Work, Works},
    workers::Worker,
};
use super::{
    codec::Codec,
    frame::Frame,
    outbox::{Mover, Outbox},
    state::{Counts, Event, Host, On, State},
};
use crate::{
    exception::{Exception, ExceptionKind, Result},
    interface::Interface,
    limits::Limits,
    sync::{Mutex, MutexGuard},
    threads::{Cleanup, WorkerCount},
    transport::{Connected, Connection, Options},
};

pub use direct::Direct;
pub use remote::{Called, RemoteRef};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// One end of a connection; see the [module](super) for how a transport is made of it.
pub struct End<C: Codec> {
    number: u64,
    codec: C,
    mover: Box<dyn Mover>,
    peer: String,
    options: Options,
    machine: Machine<C>,
    outbox: Outbox,
    registry: Arc<Registry<C>>,
    workers: Arc<WorkerCount>,
    cleanup: Cleanup,
    status: Status,
    owner: OnceLock<Weak<Owner<C>>>,
    itself: Weak<Self>,
}

/// Where the state machine is.
#[allow(clippy::large_enum_variant, reason = "there is one for each end")]
enum Machine<C: Codec> {
    Own(Mutex<State<Handles<C>>>),
    /// Beside the peer's, where calls run on the caller's own thread; and which side this is.
    Shared(Arc<Between<C>>, usize),
}

/// The machine's handles.
pub(crate) struct Handles<C: Codec> {
    connection: u64,
    /// None: calls run on the caller's own thread.
    workers: Option<Arc<WorkerCount>>,
    codec: PhantomData<fn() -> C>,
}

impl<C: Codec> Host for Handles<C> {
    type Object = Arc<Export<C>>;
    type Caller = Arc<CallSlot<C>>;
    /// None where calls run on the caller's own thread.
    type Worker = Option<Arc<Worker>>;

    fn key(object: &Self::Object) -> usize {
        object.address()
    }

    fn has_interface(object: &Self::Object, interface: u64) -> bool {
        object.face(interface).is_some()
    }

    fn start_worker(&mut self, name: &str) -> Result<Self::Worker> {
        let Some(workers) = &self.workers else { return Ok(None) };
        Ok(Some(Worker::new(name, workers.take(name)?, self.connection)))
    }
}

impl<C: Codec> End<C> {
    /// The end that connects. `mover` is given the end, which it may keep weakly; `peer` says who the other side is, for
    /// people to read. Once frames can move, [`connect`](Self::connect) gets the root object.
    pub fn client<M: Mover>(
        codec: C,
        peer: String,
        options: Options,
        mover: impl FnOnce(&Weak<Self>) -> M,
    ) -> Arc<Self> {
        let client = |handles, limits, _: &_| State::client(handles, limits);
        Self::new(codec, peer, options, mover, None, client)
    }

    /// The same, where calls run on the caller's own thread. There is no mover: frames need not be moved.
    pub fn direct_client(codec: C, peer: String, options: Options, line: &Direct<C>) -> Arc<Self> {
        let client = |handles, limits, _: &_| State::client(handles, limits);
        let end = Self::new(codec, peer, options, |_| Unmoved, Some((line, 0)), client);
        end.check_attached("client");
        end
    }

    /// The end that accepts, and serves `root`, where calls run on the caller's own thread.
    pub fn direct_server<I: Interface + ?Sized>(
        codec: C,
        peer: String,
        root: &Arc<I>,
        options: Options,
        line: &Direct<C>,
    ) -> (Arc<Self>, Connection) {
        let server =
            |handles, limits, registry: &Arc<Registry<C>>| State::server(handles, limits, registry.export(root));
        let end = Self::new(codec, peer, options, |_| Unmoved, Some((line, 1)), server);
        let connection = end.own();
        end.check_attached("server");
        (end, connection)
    }

    /// The end that accepts, and serves `root`.
    pub fn server<M: Mover, I: Interface + ?Sized>(
        codec: C,
        peer: String,
        root: &Arc<I>,
        options: Options,
        mover: impl FnOnce(&Weak<Self>) -> M,
    ) -> (Arc<Self>, Connection) {
        let server =
            |handles, limits, registry: &Arc<Registry<C>>| State::server(handles, limits, registry.export(root));
        let end = Self::new(codec, peer, options, mover, None, server);
        let connection = end.own();
        (end, connection)
    }

    fn new<M: Mover>(
        codec: C,
        peer: String,
        options: Options,
        mover: impl FnOnce(&Weak<Self>) -> M,
        direct: Option<(&Direct<C>, usize)>,
        state: impl FnOnce(Handles<C>, Limits, &Arc<Registry<C>>) -> State<Handles<C>>,
    ) -> Arc<Self> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let workers = WorkerCount::new(options.limits.server_threads);
        let registry = Arc::<Registry<C>>::default();
        Arc::new_cyclic(|itself| {
            let counted = if direct.is_none() { Some(workers.clone()) } else { None };
            let handles = Handles { connection: number, workers: counted, codec: PhantomData };
            let state = state(handles, options.limits.clone(), &registry);
            let machine = match direct {
                None => Machine::Own(Mutex::new(state)),
                Some((line, side)) => line.attach(side, itself, state),
            };
            Self {
                number,
                codec,
                mover: Box::new(mover(itself)),
                peer,
                options,
                machine,
                outbox: Outbox::default(),
                registry,
                workers,
                cleanup: Cleanup::default(),
                status: Status::default(),
                owner: OnceLock::new(),
                itself: itself.clone(),
            }
        })
    }

    /// Makes the hand-shake, as the side that connects, and waits for the root object: at most the ambient deadline.
    ///
    /// # Errors
    ///
    /// `Disconnected` if the peer goes before, `Unimplemented` if its root has no such interface, `DeadlineExceeded`. The
    /// connection is closed then.
    pub fn connect<I: Interface + ?Sized>(self: &Arc<Self>) -> Result<Connected<I>> {
        let connection = self.own();
        let Reply { caps, .. } = self.hello(I::ID)?;
        let Some(Cap::Peer(token)) = caps.into_iter().next() else {
            return Err(Exception::new(ExceptionKind::Protocol, "expected the peer's root object, got none"));
        };
        Ok(Connected { root: self.registry.proxy::<I>(token), connection })
    }

    /// Takes a frame of the peer's. From one thread at a time, in their order.
    ///
    /// What comes back may be for this thread to do: a call without context, which whoever reads runs. It does not block; but
    /// a mover that reads for others too may have another thread do it.
    #[must_use = "the calls in it are to be run"]
    pub fn receive(self: &Arc<Self>, frame: Frame) -> Inline<C> {
        let mut calls = Works::new();
        self.enter_with(|state| state.receive(frame), |work| calls.push(work));
        Inline(calls)
    }

    /// The stream has ended, or failed; or what came is no frame, which `Protocol` says. Calls in flight are interrupted, and
    /// nothing is sent any more.
    pub fn lose(&self, why: Exception) {
        let why = match self.options.peer_exit.as_ref().filter(|_| self.lost().is_none()).and_then(|exit| exit()) {
            Some(note) => Exception::new(why.kind(), format!("{}: {note}", why.message())),
            None => why,
        };
        self.enter(|state| state.lose(why));
        self.end_output();
    }

    /// Nothing is sent any more; the mover is told once.
    fn end_output(&self) {
        if self.outbox.kill() {
            self.mover.wake();
        }
    }

    /// Frames that wait to be moved.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Why the connection is lost, if it is.
    pub fn lost(&self) -> Option<Exception> {
        self.status.lost().cloned()
    }

    /// Who the peer is, for people to read.
    pub fn peer(&self) -> &String {
        &self.peer
    }

    /// The bounds of this end. A mover refuses a frame before it takes memory for it, if it says to be larger than
    /// [`Limits::message_bytes`], [`OVERHEAD_BYTES`](super::frame::OVERHEAD_BYTES) and what the mover's encoding adds.
    pub fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Asks the peer to say that it reads: a [`Pong`](Frame::Pong) of this token is among the frames that come. For movers
    /// over wires that do not notice themselves when a peer is gone.
    pub fn ping(&self, token: u64) {
        self.enter(|state| state.ping(token));
    }

    fn counts(&self) -> Counts {
        self.look(State::counts)
    }

    /// Whether calls run on the caller's own thread.
    fn is_direct(&self) -> bool {
        matches!(self.machine, Machine::Shared(..))
    }

    fn number(&self) -> u64 {
        self.number
    }

    fn codec(&self) -> &C {
        &self.codec
    }

    fn registry(&self) -> &Arc<Registry<C>> {
        &self.registry
    }

    /// Whoever keeps the connection open, if somebody does.
    fn owner(&self) -> Option<Arc<Owner<C>>> {
        self.owner.get().and_then(Weak::upgrade)
    }

    fn own(self: &Arc<Self>) -> Connection {
        let owner = Arc::new(Owner::new(self.clone()));
        let _ = self.owner.set(Arc::downgrade(&owner));
        Connection::new(owner)
    }

    /// Enters the machine; then has frames moved, and does what is to be done.
    fn enter<T>(&self, work: impl FnOnce(&mut State<Handles<C>>) -> T) -> T {
        // Only frames bring calls; and of those only what is moved here.
        self.enter_with(work, Work::run_here)
    }

    /// The same; calls that this thread is to run are given to `run`.
    fn enter_with<T>(&self, work: impl FnOnce(&mut State<Handles<C>>) -> T, mut run: impl FnMut(Work<C>)) -> T {
        let mut state = match &self.machine {
            Machine::Own(state) => lock(state),
            Machine::Shared(between, side) => return between.enter(*side, self, work, run),
        };
        let value = work(&mut state);
        let events: SmallVec<[_; 1]> = state.take_events().collect();
        let moves = state.has_frames();
        if moves {
            // Under the machine's lock: in its order.
            self.outbox.push(state.take_frames());
        }
        drop(state);
        if !events.is_empty()
            && let Some(this) = self.itself.upgrade()
        {
            this.apply(events, &mut run);
        }
        if moves {
            self.mover.wake();
        }
        value
    }

    fn look<T>(&self, look: impl FnOnce(&State<Handles<C>>) -> T) -> T {
        match &self.machine {
            Machine::Own(state) => look(&lock(state)),
            Machine::Shared(between, side) => between.look(*side, look),
        }
    }

    /// Gives up an end whose place on its line was taken, or whose peer is gone before it came.
    fn check_attached(&self, side: &str) {
        match &self.machine {
            Machine::Own(_) => {
                let message = format!("expected a line without a {side}: it has one for good");
                self.lose(Exception::new(ExceptionKind::Protocol, message));
            }
            Machine::Shared(between, own) if between.has_lost_peer(*own) => self.lose(direct::gone()),
            Machine::Shared(..) => {}
        }
    }

    /// Does what is to be done outside of the machine. Adds the calls that whoever reads is to run.
    fn apply(self: &Arc<Self>, events: impl IntoIterator<Item = Event<Handles<C>>>, run: &mut impl FnMut(Work<C>)) {
        for event in events {
            match event {
                Event::Lost(why) => {
                    self.status.lose(&why);
                    self.outbox.close();
                    self.mover.wake();
                }
                Event::Completed { caller, outcome } => caller.set(outcome.map(|answered| {
                    let Values::<C> { body, objects } = answered.values;
                    Reply { caps: caps(self, objects), is_error: answered.is_error, body }
                })),
                Event::Job(job) => {
                    let (on, work) = Work::call(self.clone(), job);
                    self.leave(on, work).into_iter().for_each(&mut *run);
                }
                Event::Destroy { call, object, on } => {
                    let what = What::Destroy { object };
                    let work = Work { end: self.clone(), call, what, on_thread: true, deadline: None };
                    self.leave(on, work).into_iter().for_each(&mut *run);
                }
                Event::Cancelled { call, on } => {
                    let withdrawn = match &on {
                        On::Worker(Some(worker)) => worker.post().withdraw(Worker::wait(self.number), call.0),
                        On::Waiting(caller, made) => caller.post().withdraw(self.wait_for(*made), call.0),
                        On::Worker(None) | On::Anybody => None,
                    };
                    match withdrawn {
                        Some(work) => work.refuse(),
                        // Its handler runs.
                        None => self.given_up(call),
                    }
                }
                Event::Dropped(object) => self.cleanup.run_soon(move || drop(object)),
                Event::Ended(Some(worker)) => worker.end(),
                Event::Ended(None) => {}
            }
        }
    }

    /// Leaves work for its thread; or gives it back if that is this one.
    fn leave(self: &Arc<Self>, on: On<Handles<C>>, work: Work<C>) -> Option<Work<C>> {
        let number = work.call.0;
        let left = match on {
            _ if self.is_direct() => return Some(work),
            On::Anybody | On::Worker(None) => return Some(work),
            On::Worker(Some(worker)) => {
                self.start_worker(&worker);
                worker.post().push(Worker::wait(self.number), number, Box::new(work))
            }
            On::Waiting(caller, made) => caller.post().push(self.wait_for(made), number, Box::new(work)),
        };
        if let Err(work) = left {
            work.refuse();
        }
        None
    }
}

fn lock<H: Host>(state: &Mutex<State<H>>) -> MutexGuard<'_, State<H>> {
    // No user code runs under it.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<C: Codec> fmt::Debug for End<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("End").field("number", &self.number).field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// Calls that whoever reads is to run: they carry no context, and so may not block.
pub struct Inline<C: Codec>(Works<C>);

impl<C: Codec> Inline<C> {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Runs them.
    pub fn run(self) {
        for work in self.0 {
            work.run_here();
        }
    }
}

impl<C: Codec> fmt::Debug for Inline<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Inline").field(&self.0.len()).finish()
    }
}
