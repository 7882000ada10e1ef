//! Calls that this side makes.

use std::{rc::Rc, sync::Arc};

use capnp::{
    any_pointer,
    capability::{RemotePromise, Response},
    private::capability::ClientHook,
    traits::ImbueMut,
};

use super::{
    CapOut, Failure, ImportKey, Reply, attach,
    executor::TaskId,
    local::{Local, host},
    state::{State, Tables},
};
use crate::{connection::CallSlot, encoding::raw, mp, segments::Contents, threads::ThreadPost};

/// A call to be made.
pub(crate) struct CallRequest {
    pub(crate) target: ImportKey,
    pub(crate) interface: u64,
    pub(crate) ordinal: u16,
    pub(crate) message: Contents,
    pub(crate) words: usize,
    pub(crate) caps: Vec<CapOut>,
    pub(crate) context: Option<CallContext>,
    /// Whether the reply may hold capabilities.
    pub(crate) expects_caps: bool,
    pub(crate) slot: Arc<CallSlot>,
}

/// A call that was sent, to be given up. Never used again for another one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CallId {
    /// One whose reply a task waits for.
    Task(TaskId),
    /// One whose reply is read from its message.
    Asked { number: u32, generation: u64 },
}

/// The context of a call.
pub(crate) struct CallContext {
    pub(crate) thread: ThreadRef,
    /// The thread that waits, on which nested calls back are to run.
    pub(crate) callback: Arc<ThreadPost>,
}

/// The thread of the peer that a call is to run on.
pub(crate) enum ThreadRef {
    /// The one that stands for the calling thread; made if there is none.
    Own,
    /// The one that waits for the calling thread to answer.
    Waiting(ImportKey),
}

/// A thread of the peer that stands for one of ours.
pub(super) struct PeerThread {
    hook: Box<dyn ClientHook>,
}

impl State {
    /// Sends a call. The reply comes as an effect.
    ///
    /// # Errors
    ///
    /// If it could not be sent; the reply does not come then.
    pub(crate) fn start(&mut self, call: CallRequest) -> Result<CallId, Failure> {
        let tables = self.tables.clone();
        if let Some(lost) = tables.lost.borrow().clone() {
            return Err(Failure(lost));
        }
        let target = tables.imports.borrow().hook(call.target);
        let target = target.ok_or_else(|| Failure(capnp::Error::failed("the object was released".into())))?;
        let context =
            call.context.as_ref().map(|context| (self.thread_hook(context), tables.own_thread(&context.callback)));
        let attaches = call.caps.is_empty() && call.words >= attach::LEAST_WORDS && attach::can_attach(&call.message);
        tables.wire.expect_words(if attaches { 0 } else { call.words });
        let mut request = target.new_call(call.interface, call.ordinal, None);
        if attaches {
            let mut message = call.message;
            if let Some((thread, callback)) = context {
                // The table is filled by the request; the contents name the same places in it.
                let mut table = Vec::new();
                let mut root: any_pointer::Builder<'_> = message.get_root().map_err(Failure)?;
                root.imbue_mut(&mut table);
                let again = thread.as_ref().map(|thread| thread.add_ref());
                set_context(root, again, callback.add_ref())?;
                mp::fill(request.get(), 1).map_err(Failure)?;
                set_context(request.get(), thread, callback)?;
            }
            tables.wire.attach(message);
        } else {
            tables.fill(request.get(), &call.message, &call.caps).map_err(Failure)?;
            if let Some((thread, callback)) = context {
                set_context(request.get(), thread, callback)?;
            }
        }
        if !call.expects_caps && tables.can_ask(target.as_ref()) {
            let started = self.send_asked(request, call.slot);
            tables.wire.forget_attached();
            return started;
        }
        let (RemotePromise { promise, .. }, sent) = tables.wire.call_of(|| request.send());
        tables.wire.forget_attached();
        let slot = call.slot;
        let task = self.executor.spawn(async move {
            let reply = promise.await;
            let reply = tables.reply(reply);
            tables.effects.borrow_mut().replies.push((slot, reply));
        });
        // What is left to do once the call is on its way can wait for what comes next, and be done with that.
        if sent.is_none() {
            self.executor.run();
        }
        Ok(CallId::Task(task))
    }

    /// Gives a call up: the peer is told, the reply does not come any more.
    pub(crate) fn cancel(&mut self, call: CallId) {
        match call {
            CallId::Task(task) => self.executor.cancel(task),
            CallId::Asked { number, generation } => self.cancel_asked(number, generation),
        }
        self.executor.run();
    }

    /// Lets go of the thread of the peer that stands for one of ours.
    pub(crate) fn forget_thread(&mut self, post: &ThreadPost) {
        let thread = self.tables.peer_threads.borrow_mut().remove(&post.number());
        let own = self.tables.own_threads.borrow_mut().remove(&post.number());
        drop((thread, own));
        self.executor.run();
    }

    /// Asks the peer's root object for the hand-shake, which gives what threads of the peer are made by.
    pub(crate) fn construct(&mut self, interface: u64, slot: Arc<CallSlot>) -> Result<Option<CallId>, Failure> {
        let tables = self.tables.clone();
        let target = tables.root.hook()?;
        let mut request = target.new_call(interface, mp::CONSTRUCT, None);
        mp::fill(request.get(), 1)
            .and_then(|mut params| params.cap(host(&tables, Local::ThreadMap)))
            .map_err(Failure)?;
        let RemotePromise { promise, .. } = request.send();
        let task = self.executor.spawn(async move {
            let reply = promise.await.and_then(|response| {
                *tables.peer_thread_map.borrow_mut() = mp::cap(response.get()?)?;
                Ok(response)
            });
            let reply = tables.reply(reply);
            tables.effects.borrow_mut().replies.push((slot, reply));
        });
        self.executor.run();
        Ok(Some(CallId::Task(task)))
    }

    fn thread_hook(&mut self, context: &CallContext) -> Option<Box<dyn ClientHook>> {
        let tables = &self.tables;
        let key = match context.thread {
            ThreadRef::Waiting(key) => return tables.imports.borrow().hook(key),
            ThreadRef::Own => context.callback.number(),
        };
        if let Some(thread) = tables.peer_threads.borrow().get(&key) {
            return Some(thread.hook.add_ref());
        }
        let map = tables.peer_thread_map.borrow().as_ref()?.add_ref();
        let mut request = map.new_call(mp::THREAD_MAP, mp::MAKE_THREAD, None);
        mp::fill(request.get(), 1).and_then(|mut params| params.text(context.callback.name())).ok()?;
        let RemotePromise { promise, pipeline } = request.send();
        // The call need not wait for the thread: it names the answer that is still to come.
        let hook = pipeline.get_pointer_field(0).as_cap();
        tables.peer_threads.borrow_mut().insert(key, PeerThread { hook: hook.add_ref() });
        let weak = Rc::downgrade(tables);
        self.executor.spawn(async move {
            let made = promise.await.and_then(|response| mp::cap(response.get()?));
            let Some(tables) = weak.upgrade() else { return };
            let mut threads = tables.peer_threads.borrow_mut();
            let old = match made {
                Ok(Some(hook)) => threads.get_mut(&key).map(|thread| std::mem::replace(&mut thread.hook, hook)),
                // The call that named it is told why; the next one tries again.
                _ => threads.remove(&key).map(|thread| thread.hook),
            };
            drop(threads);
            drop(old);
        });
        Some(hook)
    }
}

fn set_context(
    params: any_pointer::Builder<'_>,
    thread: Option<Box<dyn ClientHook>>,
    callback: Box<dyn ClientHook>,
) -> Result<(), Failure> {
    raw::set_context(params, (thread, Some(callback))).map_err(|error| Failure(mp::unexpected(error)))
}

impl Tables {
    /// A thread of ours, for the peer to call back on; hosted once and not for each call.
    fn own_thread(self: &Rc<Self>, post: &Arc<ThreadPost>) -> Box<dyn ClientHook> {
        let hosted = || host(self, Local::Thread(post.clone()));
        // A worker ends when it is hosted no more, and what is for one call is not kept.
        if post.is_worker() || post.is_for_one_call() {
            return hosted();
        }
        self.own_threads.borrow_mut().entry(post.number()).or_insert_with(hosted).add_ref()
    }

    fn reply(self: &Rc<Self>, reply: capnp::Result<Response<any_pointer::Owned>>) -> Reply {
        let response = reply.map_err(|error| self.failure(error))?;
        self.body(|| response.get(), 0).map_err(Failure)
    }

    /// What a call ends with that capnp-rpc ended with this.
    pub(super) fn failure(&self, error: capnp::Error) -> Failure {
        match self.wire.given_up() {
            // It is why the connection ends, not what the peer answered to this call.
            Some(_) => Failure(capnp::Error::disconnected(crate::wire_error::LOST.into())),
            None => Failure(error),
        }
    }
}
