//! What is in the cell.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    sync::Arc,
};

use capnp::{
    any_pointer,
    capability::Client,
    message::{Builder, HeapAllocator},
    private::capability::ClientHook,
    traits::{Imbue, ImbueMut},
};
use capnp_rpc::{RpcSystem, rpc_twoparty_capnp::Side};
use ipc_core::{Limits, threads::WorkerCount};
use rustc_hash::FxHashMap;
use slab::Slab;

use super::{
    Body, CapIn, CapOut, Chunk, Effects, ImportKey,
    asked::Asked,
    effects::Contents,
    executor::Executor,
    imports::Imports,
    local::{Local, Locals, host},
    network::{Network, Wire},
    outgoing::PeerThread,
    root::Root,
    serve::Served,
};
use crate::{message::Received, objects::Export, segments, threads::ThreadPost};

/// The state of a connection: capnp-rpc's, and the tables that name parts of it by keys.
pub(crate) struct State {
    pub(super) executor: Executor,
    pub(super) tables: Rc<Tables>,
}

/// The tables, which hosted objects reach as well.
pub(crate) struct Tables {
    pub(super) wire: Rc<Wire>,
    /// Calls whose replies are read from the messages that bring them.
    pub(super) asked: RefCell<Asked>,
    pub(super) locals: Locals,
    pub(super) imports: RefCell<Imports>,
    pub(super) served: RefCell<Slab<Served>>,
    /// How much the messages of those take.
    pub(super) served_bytes: Cell<usize>,
    /// Threads of the peer that stand for ours, by the number of the post.
    pub(super) peer_threads: RefCell<FxHashMap<u64, PeerThread>>,
    /// Threads of ours as the peer gets them, by the number of the post.
    pub(super) own_threads: RefCell<FxHashMap<u64, Box<dyn ClientHook>>>,
    pub(super) peer_thread_map: RefCell<Option<Box<dyn ClientHook>>>,
    /// Workers for calls that name no thread, and which one is next.
    pub(super) pool: RefCell<Vec<Arc<ThreadPost>>>,
    pub(super) next_in_pool: Cell<usize>,
    /// Whether the peer has said how large the pool is; else it grows as it must.
    pub(super) pool_is_fixed: Cell<bool>,
    pub(super) effects: RefCell<Effects>,
    pub(super) workers: Arc<WorkerCount>,
    pub(super) limits: Limits,
    pub(super) lost: RefCell<Option<capnp::Error>>,
    pub(super) root: Root,
}

impl State {
    /// A connection's state; `root` is what the peer may ask for.
    pub(crate) fn new(side: Side, root: Option<Arc<Export>>, workers: Arc<WorkerCount>, limits: Limits) -> Self {
        let tables = Rc::new(Tables {
            wire: Rc::default(),
            asked: RefCell::default(),
            locals: Locals::default(),
            imports: RefCell::default(),
            served: RefCell::default(),
            served_bytes: Cell::new(0),
            peer_threads: RefCell::default(),
            own_threads: RefCell::default(),
            peer_thread_map: RefCell::default(),
            pool: RefCell::default(),
            next_in_pool: Cell::new(0),
            pool_is_fixed: Cell::new(false),
            effects: RefCell::default(),
            workers,
            limits,
            lost: RefCell::default(),
            root: Root::default(),
        });
        let root = root.map(|root| Client::new(host(&tables, Local::Export(root))));
        let mut system = RpcSystem::new(Box::new(Network::new(tables.wire.clone(), side)), root);
        if side == Side::Client {
            let root: Client = system.bootstrap(Side::Server);
            tables.root.set(root.hook);
        }
        let mut executor = Executor::default();
        executor.spawn(async move {
            // It ends with the connection; why, the calls in flight are told.
            let _ = system.await;
        });
        executor.run();
        Self { executor, tables }
    }

    /// Takes a message that came in.
    pub(crate) fn receive(&mut self, message: Received) {
        let most = self.tables.limits.imports;
        // Malformed ones the RPC layer refuses.
        let more = message.cap_count().map_or(0, |caps| caps as usize);
        if self.tables.imports.borrow().len().saturating_add(more) > most {
            // Before it is looked at: each takes some memory, whatever becomes of it.
            let message = format!("more than {most} objects of the peer's would be held with the {more} of a message");
            self.tables.wire.end(capnp::Error::overloaded(message));
            return self.executor.run();
        }
        self.look_for_root(&message);
        let asked = self.tables.asked_by(&message);
        if let Some(number) = self.tables.wire.receive(message) {
            self.withdraw(number);
        }
        let most = self.tables.limits.calls_served.saturating_mul(2);
        if self.tables.wire.unfinished() > most {
            // Those that wait inside the RPC layer for answers, and results that nobody lets go of: nothing else bounds them.
            let message = format!("more than {most} calls, twice what is served, are neither answered nor finished");
            self.tables.wire.end(capnp::Error::overloaded(message));
        }
        // One at a time: what a message resolves is resolved before the next one asks for it.
        self.executor.run();
        self.tables.wire.take_arriving();
        self.exchange_root();
        if let Some((number, message)) = asked {
            self.tables.answered(number, message);
        }
    }

    /// Counts imports once less.
    pub(crate) fn release(&mut self, keys: Vec<ImportKey>) {
        for key in keys {
            let hook = self.tables.imports.borrow_mut().release(key);
            drop(hook);
        }
        self.executor.run();
    }

    /// Ends all that is in flight: the connection is lost.
    pub(crate) fn end(&mut self, error: capnp::Error) {
        self.tables.lost.borrow_mut().get_or_insert_with(|| error.clone());
        self.tables.wire.end(error);
        self.executor.run();
        self.tables.root.end();
        self.tables.end_asked();
        self.executor = Executor::default();
        drop(self.tables.served.take());
        drop(self.tables.imports.take());
        drop(self.tables.peer_threads.take());
        drop(self.tables.own_threads.take());
        drop(self.tables.peer_thread_map.take());
        let pool = self.tables.pool.take();
        self.tables.effects.borrow_mut().ended.extend(pool);
    }

    /// Whether calls of the peer wait for an answer or a thread that they are made to.
    pub(crate) fn has_calls_inside(&self) -> bool {
        self.tables.wire.open_calls() > self.tables.served.borrow().len()
    }

    /// Calls of the peer that are not answered.
    pub(crate) fn serving(&self) -> usize {
        self.tables.served.borrow().len()
    }

    /// Threads of this side that have a thread of the peer.
    pub(crate) fn own_threads(&self) -> usize {
        self.tables.own_threads.borrow().len()
    }

    /// What is to be done outside.
    pub(crate) fn take_effects(&mut self) -> Effects {
        self.tables.effects.take()
    }

    /// Why capnp-rpc gave the connection up, if it did.
    pub(crate) fn given_up(&self) -> Option<capnp::Error> {
        self.tables.wire.given_up()
    }

    /// Moves the output to `sink`; gives how many bytes that is, and whether something in it should not wait.
    pub(crate) fn take_output(&mut self, sink: &mut VecDeque<Chunk>) -> (usize, bool) {
        self.tables.wire.take_output(sink)
    }

    /// Whether there is output.
    pub(crate) fn has_output(&self) -> bool {
        self.tables.wire.has_output()
    }

    /// Own objects that the peer holds, and objects of the peer.
    pub(crate) fn usage(&self) -> (usize, usize) {
        (self.tables.locals.len() - self.own_threads(), self.tables.imports.borrow().len())
    }
}

impl Tables {
    /// Takes the contents of a call or a reply out of a hook of capnp-rpc, which `get` asks. `known` capabilities in it are
    /// the connection's own affair (the context's): if there are no others, nothing is copied.
    pub(super) fn body<'a>(
        self: &Rc<Self>,
        get: impl FnOnce() -> capnp::Result<any_pointer::Reader<'a>>,
        known: u32,
    ) -> capnp::Result<Body> {
        let (content, message) = self.wire.body_of(get);
        let content = content?;
        if let Some(message) = message
            && message.cap_count()? <= known
        {
            return Ok(Body { message: Contents::Shared(message), caps: Vec::new() });
        }
        let words = content.target_size()?.word_count;
        let mut own =
            Builder::new(HeapAllocator::new().first_segment_words(u32::try_from(words + 1).unwrap_or(u32::MAX)));
        let mut hooks = Vec::new();
        {
            let mut root: any_pointer::Builder<'_> = own.init_root();
            root.imbue_mut(&mut hooks);
            root.set_as(content)?;
        }
        let caps = hooks.into_iter().map(|hook| self.cap_in(hook)).collect();
        Ok(Body { message: Contents::Own(own), caps })
    }

    fn cap_in(&self, hook: Option<Box<dyn ClientHook>>) -> CapIn {
        let Some(hook) = hook else { return CapIn::Foreign("a capability that is null") };
        let hook = settled(hook);
        match self.locals.find(hook.as_ref()) {
            Some(Local::Export(export)) => CapIn::Own(export),
            Some(Local::Thread(_)) => CapIn::Foreign("a thread"),
            Some(Local::ThreadMap) => CapIn::Foreign("a thread map"),
            // Neither the peer's, nor ours, nor to become either.
            None if hook.get_brand() == 0 && hook.when_more_resolved().is_none() => {
                CapIn::Foreign("a capability that does not exist")
            }
            None => CapIn::Peer(self.imports.borrow_mut().add(hook)),
        }
    }

    /// The hook for a capability that goes out.
    pub(super) fn cap_out(self: &Rc<Self>, cap: &CapOut) -> Option<Box<dyn ClientHook>> {
        match cap {
            CapOut::Own(export) => Some(host(self, Local::Export(export.clone()))),
            CapOut::Peer(token) => self.imports.borrow().hook(token.key()),
        }
    }

    /// Copies a message that was built outside into one of capnp-rpc's, with its capabilities.
    pub(super) fn fill(
        self: &Rc<Self>,
        mut target: any_pointer::Builder<'_>,
        message: &segments::Contents,
        caps: &[CapOut],
    ) -> capnp::Result<()> {
        let hooks: Vec<_> = caps.iter().map(|cap| self.cap_out(cap)).collect();
        let mut content: any_pointer::Reader<'_> = message.get_root_as_reader()?;
        content.imbue(&hooks);
        target.set_as(content)
    }
}

/// What a capability is known to have become.
pub(super) fn settled(mut hook: Box<dyn ClientHook>) -> Box<dyn ClientHook> {
    while let Some(resolved) = hook.get_resolved() {
        hook = resolved;
    }
    hook
}

/// What a capability becomes. Not capnp-rpc's own `when_resolved`, which waits for ever if that has happened already.
pub(super) async fn resolved(hook: Box<dyn ClientHook>) -> capnp::Result<Box<dyn ClientHook>> {
    let mut hook = settled(hook);
    while let Some(resolving) = hook.when_more_resolved() {
        hook = settled(resolving.await?);
    }
    Ok(hook)
}
