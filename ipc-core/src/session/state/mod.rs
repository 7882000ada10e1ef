//! The state machine of one end: frames and commands in; frames and events out.
//!
//! It does no I/O, has no clock and no threads, and runs no user code; whoever drives it has it behind a lock, enters with
//! a command or a [frame](State::receive), and takes [frames](State::take_frames) and [events](State::take_events) away.
//! Frames go to the peer in that order. Events are applied in their order too, outside of the lock. Objects, callers and
//! workers are handles of the driver's ([`Host`]); the machine never drops the last of an object, but gives it out.

mod exports;
mod making;
mod serving;
mod table;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, mem, time::Duration, vec::Drain};

use bytes::Bytes;
use rustc_hash::{FxHashMap, FxHashSet};

use self::{exports::Exports, table::Table};
use super::frame::{CallId, Failure, Frame, ObjectId, Payload, ThreadKey};
use crate::{
    exception::{Exception, ExceptionKind, Result},
    limits::Limits,
};

/// The handles of whoever drives the machine.
pub(crate) trait Host {
    /// An own object. Clones are the same object.
    type Object: Clone;
    /// Who waits for a call.
    type Caller: Clone;
    /// A thread that stands for one of the peer's.
    type Worker: Clone;

    /// What tells objects apart, as long as there is a handle on them: the object's address.
    fn key(object: &Self::Object) -> usize;

    /// Whether the object has this interface.
    fn has_interface(object: &Self::Object, interface: u64) -> bool;

    /// A new worker of that name. The thread need not run yet.
    ///
    /// # Errors
    ///
    /// `Overloaded` past the limit.
    fn start_worker(&mut self, name: &str) -> Result<Self::Worker>;
}

/// A reference in a payload: an own object, or one of the peer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Passed<O> {
    /// An own object.
    Own(O),
    /// An object of the peer's. Each one that comes in is a share, to be [dropped](State::drop_share) once.
    Peer(ObjectId),
}

/// A call to be made.
pub(crate) struct NewCall<'a, H: Host> {
    /// An object of the peer's, of which the caller has a share.
    pub(crate) object: ObjectId,
    /// The interface that declares the method.
    pub(crate) interface: u64,
    /// The method.
    pub(crate) ordinal: u16,
    /// The thread that it is for; none without context.
    pub(crate) on: Option<CallOn<'a>>,
    /// How long it may take.
    pub(crate) deadline: Option<Duration>,
    /// The arguments.
    pub(crate) args: Marshalled<H>,
    /// Who waits for it.
    pub(crate) caller: H::Caller,
}

/// The peer's thread that a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallOn<'a> {
    /// The one that stands for this thread.
    Own(ThreadKey, &'a str),
    /// The one that waits for the answer to this call of the peer's.
    Waiting(CallId),
}

/// Values that go out or came in.
pub(crate) struct Marshalled<H: Host> {
    /// The codec's.
    pub(crate) body: Bytes,
    /// The objects that the body refers to by index.
    pub(crate) objects: Vec<Passed<H::Object>>,
}

/// How a call of the peer's is answered.
pub(crate) enum Answer<H: Host> {
    /// With the handler's results.
    Results(Marshalled<H>),
    /// With an error of the method's type.
    Error(Marshalled<H>),
    /// With an exception of the handler's.
    Thrown(Exception),
    /// With what this side has to say of it.
    Refused(Exception),
}

/// What a call ended with.
pub(crate) struct Answered<H: Host> {
    /// Whether the values are the method's error.
    pub(crate) is_error: bool,
    /// The values.
    pub(crate) values: Marshalled<H>,
}

/// A call of the peer's, to be served and [answered](State::answer) once.
pub(crate) struct Job<H: Host> {
    /// The peer's number for it.
    pub(crate) call: CallId,
    /// The object that is called.
    pub(crate) object: H::Object,
    /// The interface that declares the method.
    pub(crate) interface: u64,
    /// The method.
    pub(crate) ordinal: u16,
    /// The thread that is to run it.
    pub(crate) on: On<H>,
    /// How long it may take.
    pub(crate) deadline: Option<Duration>,
    /// The arguments.
    pub(crate) args: Marshalled<H>,
}

/// The thread that is to run a job.
pub(crate) enum On<H: Host> {
    /// One that stands for one of the peer's.
    Worker(H::Worker),
    /// One that waits for this call of its own.
    Waiting(H::Caller, CallId),
    /// Whoever reads.
    Anybody,
}

impl<H: Host> Clone for On<H> {
    fn clone(&self) -> Self {
        match self {
            Self::Worker(worker) => Self::Worker(worker.clone()),
            Self::Waiting(caller, call) => Self::Waiting(caller.clone(), *call),
            Self::Anybody => Self::Anybody,
        }
    }
}

/// What is to be done outside.
pub(crate) enum Event<H: Host> {
    /// The connection is lost. It comes before all that follows from it, and once.
    Lost(Exception),
    /// A call of this side's ended.
    Completed {
        /// Who waits for it.
        caller: H::Caller,
        /// With what.
        outcome: Result<Answered<H>>,
    },
    /// A call came in.
    Job(Job<H>),
    /// An object is to be dropped on a thread, if there is one; then [answer](State::answer) with no results.
    Destroy {
        /// The peer's number for the answer.
        call: CallId,
        /// The object; none if it went out again meanwhile.
        object: Option<H::Object>,
        /// The thread.
        on: On<H>,
    },
    /// The peer gave a call up: one that does not run yet need not run any more.
    Cancelled {
        /// The peer's number for it.
        call: CallId,
        /// Where it is.
        on: On<H>,
    },
    /// An own object is not held any more.
    Dropped(H::Object),
    /// A thread of the peer's ended.
    Ended(H::Worker),
}

/// How much a machine holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Own objects that the peer holds.
    pub(crate) exports: usize,
    /// Objects of the peer's.
    pub(crate) imports: usize,
    /// Calls of this side's that are waited for.
    pub(crate) calls: usize,
    /// Calls of this side's that were given up, and are not answered yet.
    pub(crate) given_up: usize,
    /// Calls of the peer's that are not answered yet.
    pub(crate) served: usize,
    /// Threads of the peer's that have a worker.
    pub(crate) workers: usize,
    /// Threads of this side's that the peer was told of.
    pub(crate) threads: usize,
}

/// One end of a connection.
pub(crate) struct State<H: Host> {
    host: H,
    limits: Limits,
    phase: Phase<H>,
    /// A server's.
    root: Option<H::Object>,
    /// The largest payload that the peer reads.
    peer_reads: usize,
    exports: Exports<H>,
    imports: HashMap<ObjectId, Import>,
    calls: Table<Made<H>>,
    /// How many of them were given up.
    given_up: usize,
    /// Bounded, whatever numbers the peer chooses; so are the workers.
    served: FxHashMap<CallId, Served<H>>,
    served_bytes: usize,
    workers: FxHashMap<ThreadKey, H::Worker>,
    next_thread: u64,
    announced: FxHashSet<ThreadKey>,
    frames: Vec<Frame>,
    events: Vec<Event<H>>,
}

enum Phase<H: Host> {
    /// A client that has not asked for the root.
    Fresh,
    /// A client that has, and who waits for it.
    Greeting(Option<H::Caller>),
    /// A server that waits to be asked for it.
    Listening,
    Open,
    Lost(Exception),
}

/// An object of the peer's.
#[derive(Debug, Default)]
struct Import {
    /// How many this side has.
    shares: u64,
    /// How often it came: what is to be given back at once when the last share is dropped.
    received: u64,
}

/// A call of this side's.
struct Made<H: Host> {
    /// None: nobody waits for it.
    caller: Option<H::Caller>,
    /// The thread of this side's that the peer has a worker for.
    thread: Option<ThreadKey>,
}

/// A call of the peer's.
struct Served<H: Host> {
    weight: usize,
    cancelled: bool,
    on: On<H>,
}

impl<H: Host> State<H> {
    /// The end that asks for the root object.
    pub(crate) fn client(host: H, limits: Limits) -> Self {
        Self::new(host, limits, Phase::Fresh, None)
    }

    /// The end that has it.
    pub(crate) fn server(host: H, limits: Limits, root: H::Object) -> Self {
        Self::new(host, limits, Phase::Listening, Some(root))
    }

    fn new(host: H, limits: Limits, phase: Phase<H>, root: Option<H::Object>) -> Self {
        Self {
            host,
            exports: Exports::new(limits.exports),
            peer_reads: limits.message_bytes,
            limits,
            phase,
            root,
            imports: HashMap::new(),
            calls: Table::default(),
            given_up: 0,
            served: FxHashMap::default(),
            served_bytes: 0,
            workers: FxHashMap::default(),
            next_thread: 0,
            announced: FxHashSet::default(),
            frames: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Whether there are frames to be moved.
    pub(crate) fn has_frames(&self) -> bool {
        !self.frames.is_empty()
    }

    /// The frames that are to be moved, in this order.
    pub(crate) fn take_frames(&mut self) -> Drain<'_, Frame> {
        // The memory stays: there are some each time.
        self.frames.drain(..)
    }

    /// What is to be done, in this order.
    pub(crate) fn take_events(&mut self) -> Drain<'_, Event<H>> {
        self.events.drain(..)
    }

    /// The frame that is to be moved, if that is all.
    pub(crate) fn take_only_frame(&mut self) -> Option<Frame> {
        if self.frames.len() == 1 && self.events.is_empty() { self.frames.pop() } else { None }
    }

    /// What is to be done, if it is one thing and no frames are to be moved.
    pub(crate) fn take_only_event(&mut self) -> Option<Event<H>> {
        if self.events.len() == 1 && self.frames.is_empty() { self.events.pop() } else { None }
    }

    /// Why the connection is lost, if it is.
    pub(crate) fn lost(&self) -> Option<&Exception> {
        match &self.phase {
            Phase::Lost(why) => Some(why),
            _ => None,
        }
    }

    /// How much there is.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            exports: self.exports.len(),
            imports: self.imports.len(),
            calls: self.calls.len() - self.given_up,
            given_up: self.given_up,
            served: self.served.len(),
            workers: self.workers.len(),
            threads: self.announced.len(),
        }
    }

    /// Whether a payload of this weight would be taken by both sides.
    ///
    /// # Errors
    ///
    /// `TooLarge` if not.
    pub(crate) fn check_weight(&self, weight: usize) -> Result<()> {
        let most = self.limits.message_bytes.min(self.peer_reads);
        if weight <= most {
            return Ok(());
        }
        let message = format!("a message of {weight} bytes: expected at most {most}");
        Err(Exception::new(ExceptionKind::TooLarge, message))
    }

    /// A key for a thread of this side's.
    pub(crate) fn new_thread(&mut self) -> ThreadKey {
        self.next_thread += 1;
        ThreadKey(self.next_thread)
    }

    /// A thread has ended, or gives up the peer's that stands for it.
    pub(crate) fn end_thread(&mut self, thread: ThreadKey) {
        if self.announced.remove(&thread) {
            self.frames.push(Frame::End { thread });
        }
    }

    /// Lets go of a share in an object of the peer's.
    pub(crate) fn drop_share(&mut self, object: ObjectId) {
        let Some(import) = self.imports.get_mut(&object) else { return };
        import.shares -= 1;
        if import.shares == 0 {
            let count = import.received;
            self.imports.remove(&object);
            self.frames.push(Frame::Release { object, count });
        }
    }

    /// Asks whether the peer reads.
    pub(crate) fn ping(&mut self, token: u64) {
        if self.lost().is_none() {
            self.frames.push(Frame::Ping { token });
        }
    }

    /// Closes the connection from this side.
    pub(crate) fn close(&mut self, reason: &str) {
        if self.lost().is_some() {
            return;
        }
        self.frames.push(Frame::Close { reason: reason.to_owned() });
        self.lose(Exception::new(ExceptionKind::Disconnected, "the connection was closed on this side"));
    }

    /// Ends everything: calls in flight are interrupted, what the peer held is given out. A second loss changes nothing.
    pub(crate) fn lose(&mut self, why: Exception) {
        if self.lost().is_some() {
            return;
        }
        let phase = mem::replace(&mut self.phase, Phase::Lost(why.clone()));
        self.events.push(Event::Lost(why.clone()));
        if let Phase::Greeting(Some(caller)) = phase {
            let gone = Exception::new(why.kind(), format!("before the hand-shake was done, {}", why.message()));
            self.events.push(Event::Completed { caller, outcome: Err(gone.with_source(why.clone())) });
        }
        self.events.extend(self.root.take().map(Event::Dropped));
        for made in self.calls.drain() {
            if let Some(caller) = made.caller {
                self.events.push(Event::Completed { caller, outcome: Err(interrupted(&why)) });
            }
        }
        self.given_up = 0;
        self.events.extend(self.exports.drain().into_iter().map(Event::Dropped));
        self.events.extend(self.workers.drain().map(|(_, worker)| Event::Ended(worker)));
        self.imports.clear();
        self.served.clear();
        self.served_bytes = 0;
        self.announced.clear();
    }

    /// References go out.
    fn send_objects(&mut self, values: Marshalled<H>) -> Result<Payload> {
        let Marshalled { body, objects } = values;
        if objects.is_empty() {
            return Ok(Payload { body, objects: Vec::new() });
        }
        match self.exports.give(objects) {
            Ok(objects) => Ok(Payload { body, objects }),
            Err((why, objects)) => {
                self.forget(objects);
                Err(why)
            }
        }
    }

    /// Values are not used: what they refer to is let go of.
    fn forget(&mut self, objects: Vec<Passed<H::Object>>) {
        for object in objects {
            if let Passed::Own(object) = object {
                self.events.push(Event::Dropped(object));
            }
        }
    }
}

/// What a call in flight ends with when the connection is lost.
fn interrupted(why: &Exception) -> Exception {
    let message = format!("the call was in flight, and may have run, when {}", why.message());
    Exception::new(ExceptionKind::Interrupted, message).with_source(why.clone())
}

/// What a call gets that is made after that.
pub(super) fn disconnected(why: &Exception) -> Exception {
    Exception::new(ExceptionKind::Disconnected, format!("the call was not sent: {}", why.message()))
        .with_source(why.clone())
}

fn protocol(message: impl Into<String>) -> Exception {
    Exception::new(ExceptionKind::Protocol, message)
}

/// What late calls back get.
fn too_late() -> Exception {
    Exception::new(ExceptionKind::Cancelled, "the caller no longer waits for the call that this belongs to")
}

impl From<Exception> for Failure {
    fn from(exception: Exception) -> Self {
        (&exception).into()
    }
}
