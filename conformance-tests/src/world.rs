//! What a case gets: a server in its setting, and as many connections to it as it wants.

use std::{
    ffi::OsString,
    ops::Deref,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use ipc_core::{Address, Connection, Limits, Options, Spawn, Stream};

use crate::{
    case::Setting,
    erased::{Erased, ErasedPeer},
    harness::{Link, RawBytes, RawEnd},
    interfaces::{Held, Lab, NewerLab},
    peer,
    server::Server,
    swapped, wait,
};

/// A server, in this process or in a peer.
pub(crate) struct World {
    harness: Arc<dyn Erased>,
    setting: Setting,
    seed: AtomicU64,
    limits: Mutex<Limits>,
    server: Arc<Server>,
    peer: OnceLock<Box<dyn ErasedPeer>>,
}

/// A client's connection to the server. Its interface is at hand: `client.nothing()`.
pub(crate) struct Client {
    pub(crate) lab: Arc<dyn Lab>,
    pub(crate) connection: Connection,
    pub(crate) cut: Arc<dyn Fn() + Send + Sync>,
    /// What the server knows the connection by.
    pub(crate) number: u64,
}

impl World {
    pub(crate) fn new(harness: Arc<dyn Erased>, setting: Setting, seed: u64) -> Self {
        let server = Arc::<Server>::default();
        if harness.direct() {
            server.end_with_the_calls();
        }
        Self { harness, setting, seed: AtomicU64::new(seed), limits: Mutex::default(), server, peer: OnceLock::new() }
    }

    /// Sets limits of the server's, before there is any connection.
    pub(crate) fn limit_server(&self, set: impl FnOnce(&mut Limits)) {
        assert!(self.peer.get().is_none(), "the limits come first");
        set(&mut self.limits());
    }

    /// A further connection.
    pub(crate) fn client(&self) -> Client {
        self.client_with(|_| ())
    }

    /// One with other options of the client's.
    pub(crate) fn client_with(&self, set: impl FnOnce(&mut Options)) -> Client {
        let mut options = Options::default();
        set(&mut options);
        let Link { root: lab, connection, server, cut } = match self.setting {
            Setting::Processes => self.peer().connect(options).expect("the peer accepts"),
            Setting::ProcessesSwapped => swapped::from_peer(self.peer(), options).expect("the peer connects"),
            Setting::OneProcess | Setting::Sockets => {
                let (number, root) = self.server.root();
                let link = self.harness.pair(root, options, self.server_options()).expect("there are connections");
                self.server.add(number, link.server.clone().expect("the server is here"));
                link
            }
            Setting::Swapped => {
                let (number, root) = self.server.root();
                let swapped = swapped::pair(&*self.harness, root, options, self.server_options());
                let (link, server) = swapped.expect("there are connections");
                self.server.add(number, server);
                link
            }
        };
        drop(server);
        let client = Client::new(lab, connection, cut);
        let pid = client.thread().expect("the first call arrives").pid;
        assert_eq!(
            pid,
            self.peer.get().map_or_else(std::process::id, |peer| peer.id()),
            "the server is another process"
        );
        assert_eq!(pid != std::process::id(), self.is_apart(), "the server is not where the setting says");
        client
    }

    /// A further server at the same, as it is then: another peer, and no limits yet.
    pub(crate) fn again(&self) -> Self {
        Self::new(self.harness.clone(), self.setting, self.random())
    }

    /// A connection over a stream of the case's.
    pub(crate) fn client_over(&self, stream: Stream) -> ipc_core::Result<Client> {
        let link = self.harness.connect_over(stream, Options::default())?;
        Ok(Client::new(link.root, link.connection, link.cut))
    }

    /// Serves a connection over a stream, in this process.
    pub(crate) fn server_over(&self) -> impl Fn(Stream) -> ipc_core::Result<Connection> + Send + Sync + 'static {
        let (harness, server) = (self.harness.clone(), self.server.clone());
        move |stream| {
            let (number, root) = server.root();
            let connection = harness.accept_over(stream, root, Options::default())?;
            server.add(number, connection.clone());
            Ok(connection)
        }
    }

    /// This program as a peer that listens there, with a directory to itself.
    pub(crate) fn spawn_at(&self, directory: &Path, address: &Address) -> Spawn {
        let (program, arguments) = self.peer_at(directory, address);
        Spawn::new(program).args(arguments).die_with_parent(true)
    }

    /// The program, and what follows `-ipcfd N` among its arguments.
    pub(crate) fn peer_at(&self, directory: &Path, address: &Address) -> (PathBuf, Vec<OsString>) {
        let program = std::env::current_exe().expect("this program has a path");
        (program, peer::arguments(self.harness.name(), address, directory, &self.limits()))
    }

    /// A connection of a client whose program is newer than the server's.
    pub(crate) fn newer_client(&self) -> Arc<dyn NewerLab> {
        match self.setting {
            Setting::Processes => self.peer().connect_newer(Options::default()).expect("the peer accepts").root,
            Setting::ProcessesSwapped => {
                swapped::newer_from_peer(self.peer(), Options::default()).expect("the peer connects").root
            }
            Setting::OneProcess | Setting::Sockets => {
                let (number, root) = self.server.root();
                let link = self.harness.newer_pair(root, Options::default(), self.server_options());
                let link = link.expect("there are connections");
                self.server.add(number, link.server.expect("the server is here"));
                link.root
            }
            Setting::Swapped => {
                let (number, root) = self.server.root();
                let swapped = swapped::newer_pair(&*self.harness, root, Options::default(), self.server_options());
                let (link, server) = swapped.expect("there are connections");
                self.server.add(number, server);
                link.root
            }
        }
    }

    /// A client's end of a further connection, as bytes.
    pub(crate) fn raw_client(&self) -> Box<dyn RawEnd> {
        match self.setting {
            Setting::Processes | Setting::ProcessesSwapped => self.peer().raw_client().expect("the peer accepts"),
            Setting::OneProcess | Setting::Swapped | Setting::Sockets => {
                let (number, root) = self.server.root();
                let raw = self.harness.raw_client(root, self.server_options());
                let (end, server) = raw.expect("there are connections");
                self.server.add(number, server);
                end
            }
        }
    }

    /// Connects to a server that sends these bytes.
    pub(crate) fn connect_to_raw(&self, bytes: Vec<u8>) -> ipc_core::Result<Connection> {
        self.harness.connect_to_raw(bytes, Options::default())
    }

    /// What a peer that breaks the protocol sends.
    pub(crate) fn raw_bytes(&self) -> Vec<RawBytes> {
        self.harness.raw_bytes()
    }

    /// Whether the server is in a process of its own.
    fn is_apart(&self) -> bool {
        self.has_peer() && self.harness.processes()
    }

    fn has_peer(&self) -> bool {
        matches!(self.setting, Setting::Processes | Setting::ProcessesSwapped)
    }

    /// The peer; for cases that run across processes.
    pub(crate) fn peer(&self) -> &dyn ErasedPeer {
        assert!(self.has_peer(), "there is no peer in one process");
        let spawn = || self.harness.clone().spawn_peer(&self.limits()).expect("a peer can be spawned");
        &**self.peer.get_or_init(spawn)
    }

    /// A number that depends on the seed and on how many there were before.
    pub(crate) fn random(&self) -> u64 {
        // SplitMix64.
        let mut z = self.seed.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn server_options(&self) -> Options {
        let mut options = Options::default();
        options.limits = self.limits().clone();
        options
    }

    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    fn new(lab: Arc<dyn Lab>, connection: Connection, cut: Arc<dyn Fn() + Send + Sync>) -> Self {
        let number = lab.number().expect("the connection works");
        Self { lab, connection, cut, number }
    }

    /// Waits until this many calls block at the server under this name.
    pub(crate) fn until_blocked(&self, event: &str, count: u32) {
        wait::until_equal(&format!("calls blocked for {event}"), Ok(count), || self.blocked(event.into()));
    }

    /// Waits until so many objects of the server's live.
    pub(crate) fn until_live(&self, count: u64) {
        wait::until_equal("live objects of the server's", Ok(count), || self.live());
    }

    /// What the client's end holds.
    pub(crate) fn held_here(&self) -> Held {
        Held::of(&self.connection)
    }

    /// What the server's end of this connection holds.
    pub(crate) fn held_there(&self) -> Held {
        self.held(self.number).expect("the connection works").expect("the server knows the connection")
    }

    /// What both ends hold.
    pub(crate) fn held_by_both(&self) -> [Held; 2] {
        [self.held_here(), self.held_there()]
    }

    /// What both ends hold once nothing is on its way, nor waits to be written.
    ///
    /// To ask is a call; its answer may still wait to be written when the other end counts, in one look or another.
    pub(crate) fn settled(&self) -> [Held; 2] {
        wait::settled(|| self.held_by_both(), |ends| ends.iter().all(|held| held.output_bytes == 0))
    }
}

impl Deref for Client {
    type Target = Arc<dyn Lab>;

    fn deref(&self) -> &Self::Target {
        &self.lab
    }
}
