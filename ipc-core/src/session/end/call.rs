//! Calls that this side makes: sent from any thread, waited for on the one that made them.

use std::{
    mem,
    sync::{Arc, PoisonError},
    time::Instant,
};

use bytes::Bytes;

use super::{
    End,
    objects::{Cap, Outgoing, Values},
    threads,
};
use crate::{
    deadline,
    exception::{Exception, ExceptionKind, Result},
    session::{
        codec::Codec,
        frame::{CallId, ObjectId, ThreadKey},
        state::{CallOn, NewCall, disconnected},
    },
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    threads::{Job, Post, Wait, Wake},
};

/// A reply, to be read.
pub(super) struct Reply<C: Codec> {
    pub(super) end: Arc<End<C>>,
    pub(super) is_error: bool,
    pub(super) body: Bytes,
    pub(super) caps: Vec<Cap<C>>,
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
    fn close(&self) -> Option<Result<Reply<C>>> {
        match mem::replace(&mut *self.reply(), Place::Closed) {
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
pub(super) struct Started<C: Codec> {
    end: Arc<End<C>>,
    slot: Arc<CallSlot<C>>,
    /// None: there is nothing to wait for, nor to give up.
    call: Option<CallId>,
    /// The key of this thread, if the call runs on the peer's thread that stands for it.
    own: Option<ThreadKey>,
    once: bool,
    /// Whether the reply may still come, or lie there.
    open: bool,
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
        if let Some((between, _)) = &self.direct {
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
    pub(super) fn start(
        self: &Arc<Self>,
        target: Target,
        body: Bytes,
        objects: &Outgoing<'_, C>,
    ) -> Result<Started<C>> {
        let Target { object, interface, ordinal, context } = target;
        let deadline = deadline::current().map(|at| at.saturating_duration_since(Instant::now()));
        let args = Values::<C> { body, objects: objects.passed() };
        self.begin(context, |end, on, caller| {
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
    pub(super) fn destroy(self: &Arc<Self>, object: ObjectId, waits: bool) -> Result<Option<Started<C>>> {
        let started = self.begin(true, |end, on, caller| {
            // It always has a context.
            let Some(on) = on else { return Ok(None) };
            let (call, works) = end.enter_with_jobs(|state| {
                let call = state.destroy(object, on, waits.then(|| caller.clone()))?;
                Ok(call.filter(|_| waits).inspect(|call| end.begin_wait(&caller.post, *call)))
            });
            for work in works {
                if waits {
                    work.run_here();
                } else {
                    // Not on this thread, which does not wait.
                    end.cleanup.run(move || work.run_here());
                }
            }
            call
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
        let started = Started { end: self.clone(), slot, call: None, own: None, once: false, open: true };
        started.wait()
    }

    fn begin(
        self: &Arc<Self>,
        context: bool,
        send: impl FnOnce(&Arc<Self>, Option<CallOn<'_>>, &Arc<CallSlot<C>>) -> Result<Option<CallId>>,
    ) -> Result<Started<C>> {
        let slot = CallSlot::new(Post::current());
        let mut started =
            Started { end: self.clone(), slot: slot.clone(), call: None, own: None, once: false, open: true };
        let waiting = if context { threads::waiting(self.number()) } else { None };
        started.call = match waiting {
            Some(call) => send(self, Some(CallOn::Waiting(call)), &slot),
            None if context => {
                let key = threads::key(self);
                (started.own, started.once) = (Some(key.thread), key.once);
                send(self, Some(CallOn::Own(key.thread, slot.post.name())), &slot)
            }
            None => send(self, None, &slot),
        }?;
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

impl<C: Codec> Started<C> {
    /// Waits for the reply, and runs nested calls meanwhile.
    ///
    /// # Errors
    ///
    /// What the call ended with, if not with a reply.
    pub(super) fn wait(self) -> Result<Reply<C>> {
        let deadline = deadline::current();
        self.wait_until(deadline)
    }

    /// The same with a deadline that is given.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub(super) fn wait_until(mut self, deadline: Option<Instant>) -> Result<Reply<C>> {
        while !self.slot.is_done() {
            if let Some(job) = self.slot.post.nested() {
                job.run();
                if !self.slot.is_done() && deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                    return Err(self.timed_out());
                }
            } else if self.slot.post.waiter().park(deadline) == Wake::TimedOut && !self.slot.is_done() {
                return Err(self.timed_out());
            }
        }
        if self.end.is_direct() && deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            // It has run meanwhile, on this thread.
            return Err(self.timed_out());
        }
        self.leave();
        self.open = false;
        let taken = self.slot.close();
        taken.unwrap_or_else(|| Err(Exception::new(ExceptionKind::Protocol, "the reply was taken already")))
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
        if !self.end.is_direct() {
            self.slot.post.end(self.end.wait_for(call)).into_iter().for_each(Job::refuse);
        }
        Some(call)
    }
}

impl<C: Codec> Drop for Started<C> {
    fn drop(&mut self) {
        if let Some(call) = self.leave() {
            self.end.enter(|state| state.give_up(call));
        }
        if let Some(thread) = self.own.filter(|_| self.once) {
            self.end.enter(|state| state.end_thread(thread));
        }
        if self.open {
            // What came too late is let go of here, not where the machine forgets the caller.
            drop(self.slot.close());
        }
    }
}
