//! Waiting while doing the connection's I/O.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use capnp::ErrorKind;
use ipc_core::{
    Exception, ExceptionKind, Readiness,
    threads::{Waiter, Wake},
};

use super::{
    Connection,
    frames::{Patience, Read},
    lock,
};
use crate::{
    cell::{Effects, Incoming},
    poller, serve,
    threads::ThreadPost,
};

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// What was waited for is there.
    Done,
    /// The deadline passed.
    TimedOut,
    /// The connection is lost.
    Lost,
}

/// How a wait ended, and whether the thread may still have to do with the reader's role.
enum Break {
    Waited(Waited),
    /// What was waited for is there, and the role is given up.
    Rested,
}

impl From<Waited> for Break {
    fn from(waited: Waited) -> Self {
        Self::Waited(waited)
    }
}

/// Who waits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// A caller, for a reply: it reads whenever it can.
    Caller,
    /// A worker, for its client's next call: it reads as long as that is for itself.
    Worker,
}

/// After so many reads in a row that were for one and the same other worker, one that has nothing to do leaves the reading
/// to it: each costs a hop.
const READS_FOR_ANOTHER: usize = 4;

/// So often the poller reads one connection before it looks at the others.
const POLLED_READS: usize = 64;

impl Connection {
    /// Waits on this thread until `done`. Runs what comes in for it meanwhile; reads the connection if nobody else does.
    pub(super) fn wait(
        self: &Arc<Self>,
        post: &Arc<ThreadPost>,
        who: Who,
        deadline: Option<Instant>,
        done: impl Fn() -> bool,
    ) -> Waited {
        match self.wait_in_line(post, who, deadline, &done) {
            Break::Rested => Waited::Done,
            Break::Waited(waited) => {
                self.role.leave(self, post.waiter());
                waited
            }
        }
    }

    fn wait_in_line(
        self: &Arc<Self>,
        post: &Arc<ThreadPost>,
        who: Who,
        deadline: Option<Instant>,
        done: &impl Fn() -> bool,
    ) -> Break {
        let waiter = post.waiter();
        let (mut another, mut reads_for_another) = (0, 0);
        loop {
            if done() {
                return Waited::Done.into();
            }
            if let Some(call) = post.take_call() {
                reads_for_another = 0;
                // Out of line: who is told to read while he runs a handler does not.
                self.role.leave(self, waiter);
                serve::run(self, call);
                continue;
            }
            if self.status.is_lost() {
                return if done() { Waited::Done } else { Waited::Lost }.into();
            }
            let role = match who {
                _ if self.calls_inside() => {
                    self.role.leave(self, waiter);
                    None
                }
                Who::Caller => self.role.take(self, waiter),
                Who::Worker if reads_for_another < READS_FOR_ANOTHER => self.role.try_take(self, waiter),
                Who::Worker => None,
            };
            let Some(role) = role else {
                match waiter.park(deadline) {
                    Wake::Event => continue,
                    Wake::TimedOut => return if done() { Waited::Done } else { Waited::TimedOut }.into(),
                }
            };
            let forever = if self.one_core && self.is_alone() { Patience::ForeverAlone } else { Patience::Forever };
            let patience = deadline.map_or(forever, Patience::Until);
            let mut mine = VecDeque::new();
            let mut timed_out = false;
            while mine.is_empty() && !done() && !post.has_call() && !self.calls_inside() && !self.status.is_lost() {
                match self.read(Some(post), patience, &mut mine) {
                    Read::Some if who == Who::Worker && mine.is_empty() => {
                        let other = self.last_post.load(Ordering::Relaxed);
                        reads_for_another = if other == another { reads_for_another + 1 } else { 1 };
                        another = other;
                        if reads_for_another >= READS_FOR_ANOTHER || self.role.is_wanted() {
                            break;
                        }
                    }
                    Read::Some | Read::End => {}
                    Read::Nothing => {
                        timed_out = true;
                        break;
                    }
                }
            }
            // Before any handler runs: it may take as long as it likes. Arming the poller and disarming it again costs more
            // than a short handler, so while there is nobody else whose calls would wait, the poller's next tick does it.
            if !mine.is_empty() && (self.workers.live() <= 1 || mine.iter().all(|call| call.post.is_none())) {
                role.keep(waiter);
            } else if who == Who::Caller && mine.is_empty() && done() {
                role.rest();
                return Break::Rested;
            } else {
                drop(role);
            }
            if !mine.is_empty() {
                reads_for_another = 0;
            }
            self.run_mine(post, mine);
            if timed_out && deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return if done() { Waited::Done } else { Waited::TimedOut }.into();
            }
        }
    }

    /// Runs what this thread has read for itself, and for nobody.
    fn run_mine(self: &Arc<Self>, post: &ThreadPost, mut mine: VecDeque<Incoming>) {
        if mine.len() > 1 {
            // Those without context may not block, and so wait behind none that may.
            mine.make_contiguous().sort_by_key(|call| call.post.is_some());
            let without_context = mine.iter().take_while(|call| call.post.is_none()).count();
            // The wait of a handler takes the others, as it does those that come later.
            if without_context + 1 < mine.len() {
                post.put_back(mine.split_off(without_context + 1));
            }
        }
        for call in mine {
            serve::run(self, call);
        }
    }

    /// Whether calls of the peer wait inside the RPC layer, for an answer or a thread that they are made to. They come up
    /// with that, on whatever thread gives it, and a thread that blocks in a read is not woken for them: so only the poller
    /// reads meanwhile.
    fn calls_inside(&self) -> bool {
        self.calls_inside.load(Ordering::Acquire)
    }

    /// Whether the connection is used by one thread at a time, as far as it can be seen from here.
    fn is_alone(&self) -> bool {
        let threads = self.own_threads.load(Ordering::Relaxed).max(self.calls.load(Ordering::Relaxed));
        threads.max(self.workers.live()) <= 1
    }

    /// Reads once, and hands out what came; calls for `me` and calls for nobody go to `mine`. Only who has the role does it.
    fn read(self: &Arc<Self>, me: Option<&Arc<ThreadPost>>, patience: Patience, mine: &mut VecDeque<Incoming>) -> Read {
        if !matches!(patience, Patience::None) && self.output.is_full() {
            match self.wait_for_both(patience) {
                Ok(true) => {}
                Ok(false) => return Read::Nothing,
                Err(error) => {
                    self.fail(error);
                    return Read::End;
                }
            }
        }
        let mut locked = lock(&self.frames);
        let frames = &mut *locked;
        let read = frames.read(&self.stream, patience);
        let next = match frames.next() {
            Ok(None) => Ok(()),
            Err(error) => Err(error),
            Ok(Some(first)) => {
                let entered = self.enter(|state| {
                    let mut message = first;
                    loop {
                        state.receive(message);
                        message = match frames.next() {
                            Ok(Some(next)) => next,
                            Ok(None) => return Ok(()),
                            Err(error) => return Err(error),
                        };
                    }
                });
                drop(locked);
                entered.map_or(Ok(()), |(next, effects)| {
                    self.apply(effects, me, mine);
                    next
                })
            }
        };
        if let Err(error) = next {
            self.lose(error);
            return Read::End;
        }
        match read {
            Ok(Read::End) => {
                self.lose(Exception::new(ExceptionKind::Disconnected, "the peer closed the connection"));
                Read::End
            }
            Ok(read) => read,
            Err(error) => {
                self.fail(error);
                Read::End
            }
        }
    }

    fn fail(&self, error: io::Error) {
        let message = format!("the connection to the peer failed: {error}");
        self.lose(Exception::new(ExceptionKind::Disconnected, message).with_source(error));
    }

    /// While the socket is full, the reader writes as well. Tells whether there is something to read.
    fn wait_for_both(&self, patience: Patience) -> io::Result<bool> {
        while self.output.is_full() {
            let left = match patience {
                Patience::Until(deadline) => Some(deadline.saturating_duration_since(Instant::now())),
                Patience::Forever | Patience::ForeverAlone | Patience::None => None,
            };
            let ready = self.stream.wait(Readiness::BOTH, left)?;
            if ready.writable {
                self.writable_for_reader();
            }
            if ready.readable {
                return Ok(true);
            }
            if ready.is_none() {
                return Ok(false);
            }
        }
        // Nothing came yet; from now on a plain read waits for it.
        Ok(true)
    }

    /// Does what is to be done outside of the cell, on a thread that does not read now: calls for nobody are left to the
    /// poller's next tick.
    pub(super) fn apply_elsewhere(&self, effects: Effects) {
        let mut calls = VecDeque::new();
        self.apply(effects, None, &mut calls);
        if !calls.is_empty() {
            lock(&self.deferred).extend(calls);
            self.mark_dirty();
        }
    }

    /// Does what is to be done outside of the cell. The calls that this thread, `me`, is to serve go to `mine`.
    pub(super) fn apply(&self, effects: Effects, me: Option<&Arc<ThreadPost>>, mine: &mut VecDeque<Incoming>) {
        // Where it is needed it is there: only what drops the connection finds nothing, and that has no effects.
        let this = || self.itself.upgrade();
        for post in effects.started {
            this().inspect(|this| this.start_worker(&post));
        }
        for (slot, reply) in effects.replies {
            slot.set(reply, me);
        }
        for call in effects.calls {
            match &call.post {
                None => mine.push_back(call),
                Some(post) if me.is_some_and(|me| Arc::ptr_eq(me, post)) => mine.push_back(call),
                Some(post) => {
                    self.last_post.store(post.number(), Ordering::Relaxed);
                    let post = post.clone();
                    if let Err(call) = post.push(call) {
                        this().inspect(|this| serve::refuse(this, *call));
                    }
                }
            }
        }
        for (post, key) in effects.withdrawn {
            match post.withdraw(key) {
                Some(call) => drop(this().inspect(|this| serve::refuse(this, call))),
                // Its handler runs.
                None => self.given_up(key),
            }
        }
        for post in effects.ended {
            post.end();
        }
        for object in effects.dropped {
            // Each on its own: a panic in the destructor of one is not to meet that of another.
            self.cleanup.run_soon(move || drop(object));
        }
    }

    /// The poller's: there may be something to read, or the socket may take bytes again.
    pub(crate) fn polled(self: &Arc<Self>, readable: bool, writable: bool) {
        self.role.fired();
        if writable {
            self.writable();
        }
        let Some(role) = self.role.polled(self, readable) else { return };
        let waiter = Waiter::current();
        let mut role = Some(role);
        let mut patience = Patience::None;
        let until = Instant::now() + poller::TICK;
        // Bounded, so that one busy connection does not keep the others, and the tick, waiting.
        for _ in 0..POLLED_READS {
            let Some(held) = role.take().or_else(|| self.role.try_take(self, &waiter)) else { break };
            let mut mine = VecDeque::new();
            let read = self.read(None, patience, &mut mine);
            if mine.is_empty() {
                role = Some(held);
                if read != Read::Some {
                    break;
                }
                continue;
            }
            // They carry no context, and so may not block.
            held.keep(&waiter);
            for call in mine {
                serve::run(self, call);
            }
            if !poller::is_alone() {
                break;
            }
            // The next one comes soon, as a rule; nobody else needs the poller.
            patience = Patience::Until(until);
        }
        if role.is_some() {
            lock(&self.frames).shrink();
        }
        drop(role);
        self.role.end_keep(self, &waiter);
    }

    /// Ends the connection, which the peer has left: `why` is what calls in flight are told.
    pub(super) fn lose(&self, why: Exception) {
        self.leave(self.status.note_exit(why, &self.stream, &self.options));
    }

    /// Ends the connection from this side.
    pub(super) fn leave(&self, why: Exception) {
        let Some(handlers) = self.status.lose(why.clone()) else { return };
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
        self.output.kill();
        poller::remove(self);
        let error = capnp::Error { kind: ErrorKind::Disconnected, extra: crate::wire_error::LOST.into() };
        let effects = self.cell.with(|state| {
            state.end(error);
            state.take_effects()
        });
        self.cell.end();
        let mut calls = std::mem::take(&mut *lock(&self.deferred));
        if let Some(effects) = effects {
            self.apply(effects, None, &mut calls);
        }
        if let Some(this) = self.itself.upgrade() {
            calls.into_iter().for_each(|call| serve::refuse(&this, call));
        }
        self.role.end();
        // First: a disconnect handler may wait for the calls.
        self.all_given_up();
        for handler in handlers {
            let why = why.clone();
            self.cleanup.run(move || handler(&why));
        }
    }
}
