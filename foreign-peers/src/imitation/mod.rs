//! An imitation of Bitcoin Core's node, written on the crate `bitcoin-capnp-types` and plain capnp-rpc: it has no chain, but
//! it is as strict about threads as the oldest of them, and can be as ill-behaved as none of them.

mod init;
mod mining;
mod template;
mod threads;

use std::{
    future::Future,
    path::PathBuf,
    rc::Rc,
    sync::{Arc, Condvar, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};

use bitcoin_capnp_types::capnp_rpc::{RpcSystem, new_client, rpc_twoparty_capnp::Side};
use bitcoin_capnp_types::init_capnp::init as api;
use tempfile::TempDir;
use tokio::{
    net::{UnixListener, UnixStream},
    select,
    sync::{Notify, oneshot},
    task::spawn_local,
};

use self::{init::Init, threads::Threads};
use crate::plain::{block_on, network};

/// How long an event may take on a busy machine before a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// How the node behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Well,
    /// It never answers `createNewBlock`.
    Silent,
    /// It closes the connection in the middle of `waitNext`.
    Leaving,
    /// What it answers is not what the schema says.
    Confused,
    /// Its answers are larger than any limit.
    Boundless,
}

/// What the node has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The names of the threads that were made, in order.
    pub made: Vec<String>,
    /// The names of the threads that were let go of.
    pub ended: Vec<String>,
    /// Calls: the method, the thread that it named, and the thread that waits for it.
    pub calls: Vec<(&'static str, String, String)>,
    /// How often a call named a thread that had one already: the oldest nodes crash then.
    pub overlapping: usize,
    /// How many templates were destroyed.
    pub destroyed: usize,
}

/// What it has seen, and a bell for whoever waits for more.
#[derive(Clone, Default)]
pub(crate) struct Journal(Arc<(Mutex<Seen>, Condvar)>);

impl Journal {
    pub(crate) fn note(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.0.0.lock().expect("nobody panics with it"));
        self.0.1.notify_all();
    }
}

/// A node that runs until this is dropped.
pub struct Imitation {
    dir: TempDir,
    journal: Journal,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Imitation {
    /// Starts one.
    ///
    /// # Panics
    ///
    /// If it cannot listen.
    pub fn start(mood: Mood) -> Self {
        let journal = Journal::default();
        let noted = journal.clone();
        Self::serve(journal, move |stream| connection(stream, mood, noted.clone()))
    }

    /// Starts another kind of node, of which this is what it does with a connection.
    ///
    /// # Panics
    ///
    /// If it cannot listen.
    pub fn of<F: Future<Output = ()> + 'static>(connection: impl Fn(UnixStream) -> F + Send + 'static) -> Self {
        Self::serve(Journal::default(), connection)
    }

    fn serve<F: Future<Output = ()> + 'static>(
        journal: Journal,
        connection: impl Fn(UnixStream) -> F + Send + 'static,
    ) -> Self {
        let dir = tempfile::tempdir().expect("cannot make a directory for a node");
        let socket = dir.path().join("node.sock");
        let (listening, listens) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            block_on(async {
                let listener = UnixListener::bind(socket).expect("cannot listen");
                listening.send(()).expect("it is waited for");
                let accept = async {
                    loop {
                        let (stream, _) = listener.accept().await.expect("cannot accept");
                        spawn_local(connection(stream));
                    }
                };
                select! { () = accept => {}, _ = stopped => {} }
            });
        });
        listens.recv().expect("it listens");
        Self { dir, journal, stop: Some(stop), thread: Some(thread) }
    }

    /// The address of its socket.
    pub fn address(&self) -> String {
        format!("capnp+unix:{}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("node.sock")
    }

    /// What it has seen so far.
    ///
    /// # Panics
    ///
    /// If the node has panicked.
    pub fn seen(&self) -> Seen {
        self.journal.0.0.lock().expect("the node is well").clone()
    }

    /// Waits until it has seen what is wanted.
    ///
    /// # Panics
    ///
    /// If that takes too long.
    pub fn wait_until(&self, wanted: impl Fn(&Seen) -> bool) -> Seen {
        let (seen, bell) = &*self.journal.0;
        let waited = bell.wait_timeout_while(seen.lock().expect("the node is well"), PATIENCE, |seen| !wanted(seen));
        let (seen, timeout) = waited.expect("the node is well");
        assert!(!timeout.timed_out(), "{seen:?}");
        seen.clone()
    }
}

impl Drop for Imitation {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// What the objects of a connection share.
pub(crate) struct Shared {
    mood: Mood,
    journal: Journal,
    threads: Threads,
    close: Notify,
}

async fn connection(stream: UnixStream, mood: Mood, journal: Journal) {
    let threads = Threads::new(journal.clone());
    let shared = Rc::new(Shared { mood, journal, threads, close: Notify::new() });
    let root: api::Client = new_client(Init(shared.clone()));
    let system = RpcSystem::new(Box::new(network(stream, Side::Server)), Some(root.client));
    select! { _ = system => {}, () = shared.close.notified() => {} }
}
