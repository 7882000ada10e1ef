//! The threads that a connection knows: each has a post, where calls for it are left.

use std::{
    cell::RefCell,
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use ipc_core::threads::{self, Waiter, WorkerSlot};
use rustc_hash::FxHashMap;

use crate::{
    cell::{Incoming, ServedKey},
    connection::Connection,
    objects::ImportToken,
};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A thread of this process, as one connection knows it: a client's, or a worker that stands for one of the peer's.
pub(crate) struct ThreadPost {
    number: u64,
    name: String,
    waiter: Arc<Waiter>,
    worker: bool,
    /// For one call only: the thread's own post is gone already.
    once: bool,
    /// The caller has given up: what still comes back for it is too late.
    cancelled: AtomicBool,
    /// A worker's: it is to end.
    ended: AtomicBool,
    /// Calls that wait or run here.
    load: AtomicUsize,
    inbox: Mutex<Inbox>,
    /// How many calls are in the inbox, for who looks whether there is one.
    left: AtomicUsize,
    /// A worker's place in the count, until its thread takes it.
    slot: Mutex<Option<WorkerSlot>>,
}

impl ThreadPost {
    /// This thread's, for one connection.
    pub(crate) fn client() -> Arc<Self> {
        Self::new(threads::name(), Waiter::current(), None, false)
    }

    /// This thread's, for one call during thread-local teardown.
    fn once() -> Arc<Self> {
        Self::new(threads::name(), Waiter::current(), None, true)
    }

    /// A worker's, which is still to be started.
    pub(crate) fn worker(name: String, slot: WorkerSlot) -> Arc<Self> {
        Self::new(name, Arc::default(), Some(slot), false)
    }

    fn new(name: String, waiter: Arc<Waiter>, slot: Option<WorkerSlot>, once: bool) -> Arc<Self> {
        let worker = slot.is_some();
        Arc::new(Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            name,
            waiter,
            worker,
            once,
            cancelled: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            load: AtomicUsize::new(0),
            // A worker takes calls before it runs.
            inbox: Mutex::new(Inbox { waits: usize::from(worker), ..Inbox::default() }),
            left: AtomicUsize::new(0),
            slot: Mutex::new(slot),
        })
    }

    /// A number that no other post of this process has.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn waiter(&self) -> &Arc<Waiter> {
        &self.waiter
    }

    pub(crate) fn is_for_one_call(&self) -> bool {
        self.once
    }

    pub(crate) fn is_worker(&self) -> bool {
        self.worker
    }

    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.waiter.notify();
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// The thread takes calls from now on, until the [end](Self::end_wait) of the wait that it begins.
    pub(crate) fn begin_wait(&self) {
        self.inbox().waits += 1;
    }

    /// Ends a wait. After the outermost one nobody takes the calls that are left: they are given back, to be refused.
    #[must_use]
    pub(crate) fn end_wait(&self) -> VecDeque<Incoming> {
        let mut inbox = self.inbox();
        inbox.waits -= 1;
        if inbox.waits > 0 {
            return VecDeque::new();
        }
        self.left.store(0, Ordering::Release);
        std::mem::take(&mut inbox.calls)
    }

    /// Whether the thread, once it is done with what it does now, waits on this connection again.
    pub(crate) fn waits(&self) -> bool {
        self.inbox().waits > 0
    }

    /// Leaves a call for the thread, or gives it back: the thread does not wait any more.
    pub(crate) fn push(&self, call: Incoming) -> Result<(), Box<Incoming>> {
        let mut inbox = self.inbox();
        if inbox.waits == 0 {
            return Err(Box::new(call));
        }
        inbox.calls.push_back(call);
        self.left.store(inbox.calls.len(), Ordering::Release);
        drop(inbox);
        self.waiter.notify();
        Ok(())
    }

    /// Leaves calls for the thread, which is this one, before all others.
    pub(crate) fn put_back(&self, calls: VecDeque<Incoming>) {
        let mut inbox = self.inbox();
        for call in calls.into_iter().rev() {
            inbox.calls.push_front(call);
        }
        self.left.store(inbox.calls.len(), Ordering::Release);
    }

    /// Takes a call back that the thread has not taken.
    pub(crate) fn withdraw(&self, key: ServedKey) -> Option<Incoming> {
        let mut inbox = self.inbox();
        let at = inbox.calls.iter().position(|call| call.key == key)?;
        self.left.store(inbox.calls.len() - 1, Ordering::Release);
        inbox.calls.remove(at)
    }

    /// The next call.
    pub(crate) fn take_call(&self) -> Option<Incoming> {
        if !self.has_call() {
            return None;
        }
        let mut inbox = self.inbox();
        let call = inbox.calls.pop_front();
        self.left.store(inbox.calls.len(), Ordering::Release);
        call
    }

    /// Whether there is a call.
    pub(crate) fn has_call(&self) -> bool {
        self.left.load(Ordering::Acquire) > 0
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn load(&self) -> usize {
        self.load.load(Ordering::Relaxed)
    }

    pub(crate) fn add_load(&self) {
        self.load.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn remove_load(&self) {
        self.load.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn take_slot(&self) -> Option<WorkerSlot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for ThreadPost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPost").field("number", &self.number).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Calls for a thread that others have read.
#[derive(Default)]
struct Inbox {
    /// How many waits of the thread, on this connection, are on its stack: only then it takes calls.
    waits: usize,
    calls: VecDeque<Incoming>,
}

/// What this thread is to its connections.
#[derive(Default)]
struct Known {
    posts: FxHashMap<u64, (Weak<Connection>, Arc<ThreadPost>)>,
    /// The calls that run on this thread, the innermost last: their connection, and who waits for them.
    serving: Vec<Serving>,
}

/// The thread ends: the peers' threads that stand for it are let go of.
impl Drop for Known {
    fn drop(&mut self) {
        for (connection, post) in std::mem::take(&mut self.posts).into_values() {
            if let Some(connection) = connection.upgrade() {
                connection.forget_thread(&post);
            }
        }
    }
}

/// A call that runs on a thread.
struct Serving {
    connection: u64,
    callback: Option<Arc<ImportToken>>,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// This thread's post for a connection; made at its first call.
pub(crate) fn post(connection: &Arc<Connection>) -> Arc<ThreadPost> {
    let known = KNOWN.try_with(|known| {
        let mut known = known.borrow_mut();
        if known.posts.len() > 8 {
            known.posts.retain(|_, (connection, _)| connection.strong_count() > 0);
        }
        known
            .posts
            .entry(connection.number())
            .or_insert_with(|| (Arc::downgrade(connection), ThreadPost::client()))
            .1
            .clone()
    });
    // During thread-local teardown: a post for this one call.
    known.unwrap_or_else(|_| ThreadPost::once())
}

/// Makes a worker's post this thread's.
pub(crate) fn adopt(connection: &Arc<Connection>, post: &Arc<ThreadPost>) {
    Waiter::adopt(post.waiter().clone());
    let _ = KNOWN.try_with(|known| {
        known.borrow_mut().posts.insert(connection.number(), (Arc::downgrade(connection), post.clone()));
    });
}

/// Gives this thread a new post for a connection: the peer's thread that stood for it is abandoned.
pub(crate) fn abandon(connection: &Arc<Connection>, post: &Arc<ThreadPost>) {
    post.cancel();
    let _ = KNOWN.try_with(|known| {
        let mut known = known.borrow_mut();
        if known.posts.get(&connection.number()).is_some_and(|(_, current)| Arc::ptr_eq(current, post)) {
            known.posts.remove(&connection.number());
        }
    });
}

/// Who waits for the call that this thread serves for a connection.
pub(crate) fn waiting(connection: u64) -> Option<Arc<ImportToken>> {
    KNOWN
        .try_with(|known| {
            let known = known.borrow();
            known.serving.iter().rev().find(|serving| serving.connection == connection)?.callback.clone()
        })
        .ok()
        .flatten()
}

/// How many calls this thread serves for a connection.
pub(crate) fn serving(connection: u64) -> usize {
    KNOWN
        .try_with(|known| known.borrow().serving.iter().filter(|serving| serving.connection == connection).count())
        .unwrap_or(0)
}

/// Says that this thread serves a call, until the guard is dropped.
#[must_use]
pub(crate) fn serve(connection: u64, callback: Option<Arc<ImportToken>>) -> ServingGuard {
    let _ = KNOWN.try_with(|known| known.borrow_mut().serving.push(Serving { connection, callback }));
    ServingGuard(())
}

/// A call that runs on this thread.
pub(crate) struct ServingGuard(());

impl Drop for ServingGuard {
    fn drop(&mut self) {
        // What was waiting is dropped outside of the borrow: a release may be due.
        let served = KNOWN.try_with(|known| known.borrow_mut().serving.pop());
        drop(served);
    }
}
