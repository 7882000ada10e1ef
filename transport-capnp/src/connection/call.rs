//! Calls that this side makes: sent from any thread, waited for on the one that made them.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use ipc_core::{Exception, ExceptionKind, Result, deadline, threads::Waiter};

use super::{
    Connection, lock,
    wait::{Waited, Who},
};
use crate::{
    cell::{Body, CallContext, CallId, CallRequest, CapOut, Failure, ImportKey, Reply, State, ThreadRef},
    encoding::Message,
    objects::ImportToken,
    threads::{self, ThreadPost},
    wire_error,
};

/// Where a caller finds its reply.
pub(crate) struct CallSlot {
    done: AtomicBool,
    reply: Mutex<Option<Reply>>,
    waiter: Arc<Waiter>,
}

impl CallSlot {
    fn new(waiter: Arc<Waiter>) -> Arc<Self> {
        Arc::new(Self { done: AtomicBool::new(false), reply: Mutex::default(), waiter })
    }

    /// Leaves the reply; `me` is the thread that does it.
    pub(super) fn set(&self, reply: Reply, me: Option<&Arc<ThreadPost>>) {
        *lock(&self.reply) = Some(reply);
        self.done.store(true, Ordering::Release);
        if !me.is_some_and(|me| Arc::ptr_eq(me.waiter(), &self.waiter)) {
            self.waiter.notify();
        }
    }

    fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    fn take(&self) -> Option<Reply> {
        lock(&self.reply).take()
    }
}

/// A call that was sent.
pub(crate) struct Started {
    connection: Arc<Connection>,
    post: Arc<ThreadPost>,
    slot: Arc<CallSlot>,
    id: Option<CallId>,
    /// Whether it runs on the peer's thread that stands for this one, which giving the call up abandons.
    own_thread: bool,
    /// The reader's role may be kept for this thread.
    keeps_role: bool,
}

/// What is called.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) object: ImportKey,
    pub(crate) interface: u64,
    pub(crate) ordinal: u16,
    pub(crate) context: bool,
    /// Whether the reply may hold objects.
    pub(crate) gives_objects: bool,
}

impl Connection {
    /// Checks that a call can be made, before anything is built for it: waits while too much waits to be written.
    ///
    /// # Errors
    ///
    /// `Disconnected`, `Overloaded`, or `DeadlineExceeded`.
    pub(crate) fn admit(&self) -> Result<()> {
        if let Some(lost) = self.status.lost() {
            return Err(disconnected(&lost));
        }
        if self.calls.load(Ordering::Relaxed) >= self.limits.calls_made {
            let message = format!("{} calls wait for replies already", self.limits.calls_made);
            return Err(Exception::new(ExceptionKind::Overloaded, message));
        }
        let limit = self.limits.output_bytes;
        if self.output.waiting() > limit && !self.output.wait_below(limit, deadline::current()) {
            let message = format!("{limit} bytes still waited to be written: the peer does not read");
            return Err(Exception::new(ExceptionKind::DeadlineExceeded, message));
        }
        match self.status.lost() {
            Some(lost) => Err(disconnected(&lost)),
            None => Ok(()),
        }
    }

    /// Sends a call.
    ///
    /// # Errors
    ///
    /// `Disconnected` if it was not sent.
    pub(crate) fn start(self: &Arc<Self>, target: Target, message: Message, caps: Vec<CapOut>) -> Result<Started> {
        let post = threads::post(self);
        let slot = CallSlot::new(post.waiter().clone());
        let waiting = if target.context { threads::waiting(self.number) } else { None };
        let own_thread = target.context && waiting.is_none();
        let context = target.context.then(|| CallContext {
            thread: waiting.as_ref().map_or(ThreadRef::Own, |token| ThreadRef::Waiting(token.key())),
            callback: post.clone(),
        });
        let request = CallRequest {
            target: target.object,
            interface: target.interface,
            ordinal: target.ordinal,
            words: message.words(),
            message: message.into_builder(),
            caps,
            context,
            expects_caps: target.gives_objects,
            slot: slot.clone(),
        };
        // What goes out is let go of outside of the cell.
        let keep = request.caps.clone();
        // Whoever starts a call is about to wait for it.
        self.role.keep(self, post.waiter());
        let mut call = Started::new(self, post.clone(), slot, own_thread);
        let entered = self.enter_in_company(move |state| state.start(request));
        drop(keep);
        let (started, effects) = entered.map_err(|lost| disconnected(&lost))?;
        self.apply_elsewhere(effects);
        match (started, self.status.lost()) {
            (Ok(id), _) => {
                call.id = Some(id);
                Ok(call)
            }
            (Err(_), Some(lost)) => Err(disconnected(&lost)),
            (Err(failure), None) => {
                Err(Exception::new(ExceptionKind::Protocol, format!("cannot send the call: {}", failure.0)))
            }
        }
    }

    /// Gets the peer's root object; with the hand-shake, if `handshake` is the interface that declares it.
    ///
    /// # Errors
    ///
    /// What ended it.
    pub(crate) fn root(self: &Arc<Self>, handshake: Option<u64>) -> Result<ImportToken> {
        if let Some(interface) = handshake {
            match self.ask(move |state, slot| state.construct(interface, slot)) {
                // A plain Cap'n Proto server has none; calls to it name no thread.
                Err(error) if error.kind() == ExceptionKind::Unimplemented => {}
                Err(error) => return Err(error),
                Ok(_) => {}
            }
        }
        self.ask(|state, slot| state.await_root(slot))?;
        let key = self.with_state(State::take_root).flatten();
        key.map(|key| ImportToken::new(key, &self.released))
            .ok_or_else(|| Exception::new(ExceptionKind::Disconnected, "the peer closed the connection at once"))
    }

    /// Asks something of the peer that is no call of an object, and waits for the reply.
    fn ask(
        self: &Arc<Self>,
        start: impl FnOnce(&mut State, Arc<CallSlot>) -> Result<Option<CallId>, Failure> + Send,
    ) -> Result<Body> {
        let post = threads::post(self);
        let slot = CallSlot::new(post.waiter().clone());
        let sent = slot.clone();
        let mut call = Started::new(self, post.clone(), slot, false);
        let entered = self.enter(move |state| start(state, sent));
        let (started, effects) = entered.map_err(|lost| disconnected(&lost))?;
        self.apply_elsewhere(effects);
        call.id = started.map_err(|failure| Exception::new(ExceptionKind::Protocol, failure.0.to_string()))?;
        call.wait()
    }

    /// Lets go of the thread of the peer that stands for one of ours: that one has ended, or given up a call.
    pub(crate) fn forget_thread(&self, post: &ThreadPost) {
        if self.with_state(|state| state.forget_thread(post)).is_some() {
            self.flush();
        }
    }
}

impl Started {
    /// A call that is about to be sent. From here on calls that come back find the thread.
    fn new(connection: &Arc<Connection>, post: Arc<ThreadPost>, slot: Arc<CallSlot>, own_thread: bool) -> Self {
        connection.calls.fetch_add(1, Ordering::Relaxed);
        post.begin_wait();
        Self { connection: connection.clone(), post, slot, id: None, own_thread, keeps_role: true }
    }

    /// Lets the call run; nobody waits for it.
    pub(crate) fn detach(mut self) {
        self.id = None;
    }

    /// Waits for the reply, and runs nested calls meanwhile.
    ///
    /// # Errors
    ///
    /// What the call ended with, if not with a reply.
    pub(crate) fn wait(self) -> Result<Body> {
        let deadline = deadline::current();
        self.wait_until(deadline)
    }

    /// The same with a deadline that is given.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub(crate) fn wait_until(mut self, deadline: Option<Instant>) -> Result<Body> {
        let waited = self.connection.wait(&self.post, Who::Caller, deadline, || self.slot.is_done());
        // A role that was kept is used or given up by now.
        self.keeps_role = false;
        let connection = &self.connection;
        match waited {
            Waited::Done => {
                self.id = None;
                let reply = self.slot.take();
                let reply =
                    reply.ok_or_else(|| Exception::new(ExceptionKind::Protocol, "the reply was taken already"))?;
                reply.map_err(|failure| wire_error::to_exception(&failure.0, connection.status.lost().as_ref()))
            }
            Waited::Lost => {
                self.id = None;
                Err(match connection.status.lost() {
                    Some(lost) => wire_error::interrupted(&lost),
                    None => Exception::new(ExceptionKind::Interrupted, "the connection is lost"),
                })
            }
            Waited::TimedOut => {
                // The thread of the peer may be busy for ever: the next call gets a new one.
                if self.own_thread {
                    threads::abandon(connection, &self.post);
                    connection.forget_thread(&self.post);
                }
                Err(Exception::new(ExceptionKind::DeadlineExceeded, "the deadline passed; the call may still run"))
            }
        }
    }
}

/// A call that is not waited for to its end is given up.
impl Drop for Started {
    fn drop(&mut self) {
        self.connection.calls.fetch_sub(1, Ordering::Relaxed);
        if self.keeps_role {
            self.connection.role.end_keep(&self.connection, self.post.waiter());
        }
        if let Some(id) = self.id.take() {
            self.connection.with_state(|state| state.cancel(id));
        }
        self.connection.end_wait(&self.post);
        if self.post.is_for_one_call() {
            self.connection.forget_thread(&self.post);
        }
    }
}

fn disconnected(lost: &Exception) -> Exception {
    Exception::new(ExceptionKind::Disconnected, format!("the call was not sent: {}", lost.message()))
        .with_source(lost.clone())
}
