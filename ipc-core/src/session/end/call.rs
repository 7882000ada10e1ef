//! Calls that this side makes: sent from any thread, waited for on the one that made them.

use std::{
    borrow::Cow,
    mem,
    sync::{Arc, PoisonError},
    time::Instant,
};

use bytes::Bytes;

use super::{
    End, Handles, Machine,
    objects::{Cap, Outgoing, Values},
    threads,
};
use crate::{
    deadline,
    exception::{Exception, ExceptionKind, Result},
    session::{
        codec::Codec,
        frame::{CallId, ObjectId, ThreadKey},
        state::{Answered, CallOn, NewCall, State, disconnected},
    },
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    threads::{Job, Post, Wait, Wake},
};

/// A reply, to be read.
pub(super) struct Reply<C: Codec> {
    pub(super) is_error: bool,
    pub(super) body: Bytes,
    pub(super) caps: Vec<Cap<C>>,
}

impl<C: Codec> Reply<C> {
    /// One without objects.
    pub(super) fn plain(answered: Answered<Handles<C>>) -> Self {
        Self { is_error: answered.is_error, body: answered.values.body, caps: Vec::new() }
    }
}

/// Where a caller finds its reply.
pub(crate) struct CallSlot<C: Codec> {
    done: AtomicBool,
    reply: Mutex<Place<C>>,
    /// The caller's thread.
    post: Arc<Post>,
}

enum Place<C: Codec> {
    Empty,
    Full(Result<Reply<C>>),
    /// The caller is gone.
    Closed,
}

impl<C: Codec> CallSlot<C> {
    fn new(post: Arc<Post>) -> Arc<Self> {
        Arc::new(Self { done: AtomicBool::new(false), reply: Mutex::new(Place::Empty), post })
    }

    pub(super) fn post(&self) -> &Arc<Post> {
        &self.post
    }

    /// Leaves the reply.
    pub(super) fn set(&self, reply: Result<Reply<C>>) {
        let mut place = self.reply();
        if matches!(*place, Place::Closed) {
            drop(place);
            // It lets go of what came with it: not under the lock.
            drop(reply);
            return;
        }
        *place = Place::Full(reply);
        drop(place);
        self.done.store(true, Ordering::Release);
        // The caller itself looks before it parks.
        if !self.post.is_current() {
            self.post.waiter().notify();
        }
    }

    fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    /// Takes the reply; there will be no other.
    fn close(self: Arc<Self>) -> Option<Result<Reply<C>>> {
        let place = match Arc::try_unwrap(self) {
            // Whoever left the reply is done with it, as a rule.
            Ok(slot) => slot.reply.into_inner().unwrap_or_else(PoisonError::into_inner),
            Err(shared) => mem::replace(&mut *shared.reply(), Place::Closed),
        };
        match place {
            Place::Full(reply) => Some(reply),
            Place::Empty | Place::Closed => None,
        }
    }

    fn reply(&self) -> MutexGuard<'_, Place<C>> {
        self.reply.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is called.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) object: ObjectId,
    pub(super) interface: u64,
    pub(super) ordinal: u16,
    pub(super) context: bool,
}

/// A call that was sent. One that is not waited for to its end is given up.
pub(super) struct Started<'e, C: Codec> {
    end: Cow<'e, Arc<End<C>>>,
    /// Where the reply may still come, or lie.
    slot: Option<Arc<CallSlot<C>>>,
    /// None: there is nothing to wait for, nor to give up.
    call: Option<CallId>,
    /// The key of this thread, if the call runs on the peer's thread that stands for it.
    own: Option<ThreadKey>,
    once: bool,
}

impl<C: Codec> End<C> {
    /// Checks that a call can be made, before anything is built for it: waits while too much waits to be written.
    ///
    /// # Errors
    ///
    /// `Disconnected` or `DeadlineExceeded`.
    pub(super) fn admit(&self) -> Result<()> {
        if let Some(lost) = self.lost() {
            return Err(disconnected(&lost));
        }
        if let Machine::Shared(between, _) = &self.machine {
            let deadline = deadline::current();
            if !between.wait_thawed(deadline) || deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Err(Exception::new(ExceptionKind::DeadlineExceeded, "the deadline passed before the call"));
            }
            return self.lost().map_or(Ok(()), |lost| Err(disconnected(&lost)));
        }
        let limit = self.limits().output_bytes;
        if self.outbox().waiting() <= limit {
            return Ok(());
        }
        if !self.outbox().wait_below(limit, deadline::current()) {
            let message = format!("{limit} bytes still waited to be written: the peer does not read");
            return Err(Exception::new(ExceptionKind::DeadlineExceeded, message));
        }
        self.lost().map_or(Ok(()), |lost| Err(disconnected(&lost)))
    }

    /// Sends a call.
    ///
    /// # Errors
    ///
    /// `Disconnected`, `Cancelled`, `Overloaded` or `TooLarge` if it was not sent.
    pub(super) fn start<'e>(
        this: Cow<'e, Arc<Self>>,
        target: Target,
        body: Bytes,
        objects: &Outgoing<'_, C>,
    ) -> Result<Started<'e, C>> {
        let Target { object, interface, ordinal, context } = target;
        let deadline = deadline::current().map(|at| at.saturating_duration_since(Instant::now()));
        let args = Values::<C> { body, objects: objects.passed() };
        Self::begin(this, context, |end, on, caller| {
            end.enter(|state| {
                let call = state.call_if_waited_for(NewCall {
                    object,
                    interface,
                    ordinal,
                    on,
                    deadline,
                    args,
                    caller: caller.clone(),
                });
                // Before anybody can have read it: from here on calls that come back find the thread.
                call.inspect(|call| end.begin_wait(&caller.post, *call)).map(Some)
            })
        })
    }

    /// Drops a share in an object with `destroy`; if it was the last, the peer drops the object on this thread's worker.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub(super) fn destroy(self: &Arc<Self>, object: ObjectId, waits: bool) -> Result<Option<Started<'_, C>>> {
        let started = Self::begin(Cow::Borrowed(self), true, |end, on, caller| {
            // It always has a context.
            let Some(on) = on else { return Ok(None) };
            let work = |state: &mut State<_>| {
                let call = state.destroy(object, on, waits.then(|| caller.clone()))?;
                Ok(call.filter(|_| waits).inspect(|call| end.begin_wait(&caller.post, *call)))
            };
            end.enter_with(work, |work| {
                if waits {
                    work.run_here();
                } else {
                    // Not on this thread, which does not wait.
                    end.cleanup.run(move || work.run_here());
                }
            })
        })?;
        Ok(started.call.is_some().then_some(started))
    }

    /// Asks for the root object.
    ///
    /// # Errors
    ///
    /// What ended it.
    pub(super) fn hello(self: &Arc<Self>, interface: u64) -> Result<Reply<C>> {
        let slot = CallSlot::new(Post::current());
        self.enter(|state| state.hello(interface, slot.clone()))?;
        Started { end: Cow::Borrowed(self), slot: Some(slot), call: None, own: None, once: false }.wait()
    }

    fn begin<'e>(
        this: Cow<'e, Arc<Self>>,
        context: bool,
        send: impl FnOnce(&Arc<Self>, Option<CallOn<'_>>, &Arc<CallSlot<C>>) -> Result<Option<CallId>>,
    ) -> Result<Started<'e, C>> {
        let slot = CallSlot::new(Post::current());
        let waiting = if context { threads::waiting(this.number()) } else { None };
        let key = if context && waiting.is_none() { Some(threads::key(&this)) } else { None };
        let on = match (waiting, &key) {
            (Some(call), _) => Some(CallOn::Waiting(call)),
            (None, Some(key)) => Some(CallOn::Own(key.thread, slot.post.name())),
            (None, None) => None,
        };
        let call = send(&this, on, &slot);
        let (own, once) = key.map_or((None, false), |key| (Some(key.thread), key.once));
        // One that was not sent has a thread to give up all the same.
        let mut started = Started { end: this, slot: Some(slot), call: None, own, once };
        started.call = call?;
        Ok(started)
    }

    /// A thread takes what comes back to it for a call from now on. Where calls run on the caller's own thread, nothing is
    /// left for it.
    fn begin_wait(&self, post: &Post, call: CallId) {
        if !self.is_direct() {
            post.begin(self.wait_for(call));
        }
    }

    /// What a thread waits for that waits for this call.
    pub(super) fn wait_for(&self, call: CallId) -> Wait {
        Wait { connection: self.number(), call: call.0 }
    }
}

impl<C: Codec> Started<'_, C> {
    /// Where the call was made.
    pub(super) fn end(&self) -> &End<C> {
        &self.end
    }

    /// Waits for the reply, and runs nested calls meanwhile.
    ///
    /// # Errors
    ///
    /// What the call ended with, if not with a reply.
    pub(super) fn wait(&mut self) -> Result<Reply<C>> {
        let deadline = deadline::current();
        self.wait_until(deadline)
    }

    /// The same with a deadline that is given.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub(super) fn wait_until(&mut self, deadline: Option<Instant>) -> Result<Reply<C>> {
        let taken = || Err(Exception::new(ExceptionKind::Protocol, "the reply was taken already"));
        let Some(slot) = &self.slot else { return taken() };
        while !slot.is_done() {
            if let Some(job) = slot.post.nested() {
                job.run();
                if !slot.is_done() && deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                    return Err(self.timed_out());
                }
            } else if slot.post.waiter().park(deadline) == Wake::TimedOut && !slot.is_done() {
                return Err(self.timed_out());
            }
        }
        if self.end.is_direct() && deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            // It has run meanwhile, on this thread.
            return Err(self.timed_out());
        }
        self.leave();
        self.slot.take().and_then(CallSlot::close).unwrap_or_else(taken)
    }

    /// The thread of the peer may be busy for ever: the next call gets a new one.
    fn timed_out(&mut self) -> Exception {
        let own = self.own.take();
        if let Some(thread) = own {
            threads::abandon(self.end.number(), thread);
        }
        let call = self.leave();
        self.end.enter(|state| {
            call.into_iter().for_each(|call| state.give_up(call));
            own.into_iter().for_each(|thread| state.end_thread(thread));
        });
        Exception::new(ExceptionKind::DeadlineExceeded, "the deadline passed; the call may still run")
    }

    /// The thread does not wait for it any more.
    fn leave(&mut self) -> Option<CallId> {
        let call = self.call.take()?;
        if let Some(slot) = self.slot.as_ref().filter(|_| !self.end.is_direct()) {
            slot.post.end(self.end.wait_for(call)).into_iter().for_each(Job::refuse);
        }
        Some(call)
    }
}

impl<C: Codec> Drop for Started<'_, C> {
    fn drop(&mut self) {
        if let Some(call) = self.leave() {
            self.end.enter(|state| state.give_up(call));
        }
        if let Some(thread) = self.own.filter(|_| self.once) {
            self.end.enter(|state| state.end_thread(thread));
        }
        // What came too late is let go of here, not where the machine forgets the caller.
        drop(self.slot.take().and_then(CallSlot::close));
    }
}
