//! The harness of a transport over streams: socket pairs, and processes that listen at a socket.

use std::{
    ffi::OsString,
    fmt,
    io::{self, Write},
    net::Shutdown,
    path::Path,
    process::ExitCode,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
};

use ipc_core::{
    Address, BindOptions, Connection, Endpoint, Exception, ExceptionKind, Interface, Limits, Listener, Options,
    Process, Result, Spawn, Stream, Transport,
};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{
    harness::{Accepted, Harness, Link, RawBytes, RawEnd},
    interfaces::Lab,
    peer, wait,
};

/// What the suite has to know of a transport over streams. It makes [`Streams`] a [`Harness`].
pub trait OverStreams: Default + Send + Sync + 'static {
    /// The transport's name on the command line.
    const NAME: &'static str;

    /// The transport.
    type Transport: Transport;

    /// The transport.
    fn transport(&self) -> Self::Transport;

    /// What a peer that breaks the protocol sends.
    fn raw_bytes(&self) -> Vec<RawBytes>;

    /// Where a peer listens that has this directory to itself: at a unix socket in it. A transport for TCP says any free port
    /// of this host, `tcp:127.0.0.1:0`, and all its connections are TCP then, but for the one that a peer is spawned with.
    ///
    /// # Errors
    ///
    /// That there is no such address.
    fn listen_at(&self, directory: &Path) -> Result<Address> {
        Ok(Address::unix(directory.join("peer.sock"))?)
    }
}

/// The harness of a transport over streams.
#[derive(Debug, Default)]
pub struct Streams<S>(S);

/// A process that was spawned as a peer.
pub struct ChildPeer {
    process: Process,
    /// The stream that it was spawned with, until somebody connects over it.
    stream: Mutex<Option<Stream>>,
    directory: TempDir,
    /// What asks it to make connections.
    asks: OnceLock<Arc<dyn Lab>>,
}

impl ChildPeer {
    /// Where it listens. It listens before it serves the first stream.
    fn address(&self) -> Result<Address> {
        peer::address(self.directory.path())
    }
}

impl Drop for ChildPeer {
    fn drop(&mut self) {
        // It may be stopped; this ends it all the same. That it is gone already is no error.
        let _ = self.process.kill();
    }
}

impl<S: OverStreams> Harness for Streams<S> {
    const NAME: &'static str = S::NAME;

    const SOCKETS: bool = true;

    type Peer = ChildPeer;

    fn pair<I: Interface + ?Sized, J: Interface + ?Sized>(
        &self,
        root: Arc<J>,
        client: Options,
        server: Options,
    ) -> Result<Link<I>> {
        let (ours, theirs) = self.streams()?;
        let server = self.0.transport().accept(theirs, root, server)?;
        let link = self.client(ours, client)?;
        Ok(Link { server: Some(server), ..link })
    }

    fn spawn_peer(&self, limits: &Limits) -> Result<ChildPeer> {
        let directory = tempfile::tempdir().map_err(|error| failed("no directory for the peer's socket", error))?;
        let address = self.0.listen_at(directory.path())?;
        let program = std::env::current_exe().map_err(|error| failed("this program has no path", error))?;
        let arguments = peer::arguments(S::NAME, &address, directory.path(), limits);
        let mut process = Spawn::new(program).args(arguments).die_with_parent(true).spawn()?;
        let stream = Mutex::new(process.take_stream());
        Ok(ChildPeer { process, stream, directory, asks: OnceLock::new() })
    }

    fn run_peer(&self, args: Vec<OsString>) -> ExitCode {
        peer::run(self.0.transport(), args)
    }

    fn connect<I: Interface + ?Sized>(&self, peer: &ChildPeer, options: Options) -> Result<Link<I>> {
        let first = peer.stream.lock().unwrap_or_else(PoisonError::into_inner).take();
        // It listens before it serves the first.
        let stream = first.map_or_else(|| Stream::connect(&peer.address()?), Ok)?;
        self.client(stream, options)
    }

    fn accept_from<J: Interface + ?Sized>(&self, peer: &ChildPeer, root: Arc<J>, options: Options) -> Result<Accepted> {
        let asks = match peer.asks.get() {
            Some(asks) => asks,
            None => {
                let made = self.connect::<dyn Lab>(peer, Options::default())?.root;
                peer.asks.get_or_init(|| made)
            }
        };
        let directory = tempfile::tempdir_in(peer.directory.path()).map_err(|error| failed("no directory", error))?;
        let listener = Listener::bind(&self.0.listen_at(directory.path())?, &BindOptions::new())?;
        thread::scope(|scope| {
            let asked = scope.spawn(|| {
                let served = asks.serve_at(listener.address().to_string());
                if served.is_err() {
                    listener.closer().close();
                }
                served
            });
            let accepted = listener.accept().and_then(|stream| {
                let same = stream.try_clone().map_err(|error| failed("no descriptor", error))?;
                let connection = self.0.transport().accept(stream, root, options)?;
                Ok(Accepted { connection, cut: cut(same) })
            });
            asked.join().expect("it does not panic").and(accepted)
        })
    }

    fn peer_id(&self, peer: &ChildPeer) -> u32 {
        peer.process.id()
    }

    fn kill_peer(&self, peer: &ChildPeer) {
        peer.process.kill().expect("it is our child");
        wait::until("the killed peer is reaped", || peer.process.try_wait().expect("nobody else reaps").is_some());
    }

    fn stop_peer(&self, peer: &ChildPeer) {
        signal(peer, Signal::STOP);
        wait::until("the stopped peer is stopped", || state(peer) == Some('T'));
    }

    fn continue_peer(&self, peer: &ChildPeer) {
        signal(peer, Signal::CONT);
        wait::until("the continued peer runs", || state(peer) != Some('T'));
    }

    fn connect_over<I: Interface + ?Sized>(&self, stream: Stream, options: Options) -> Result<Link<I>> {
        self.client(stream, options)
    }

    fn accept_over<J: Interface + ?Sized>(&self, stream: Stream, root: Arc<J>, server: Options) -> Result<Connection> {
        self.0.transport().accept(stream, root, server)
    }

    fn raw_bytes(&self) -> Vec<RawBytes> {
        self.0.raw_bytes()
    }

    fn raw_client<J: Interface + ?Sized>(
        &self,
        root: Arc<J>,
        server: Options,
    ) -> Result<(Box<dyn RawEnd>, Connection)> {
        let (ours, theirs) = self.streams()?;
        let server = self.0.transport().accept(theirs, root, server)?;
        Ok((Box::new(ours), server))
    }

    fn raw_client_of(&self, peer: &ChildPeer) -> Result<Box<dyn RawEnd>> {
        Ok(Box::new(Stream::connect(&peer.address()?)?))
    }

    fn connect_to_raw<I: Interface + ?Sized>(&self, bytes: Vec<u8>, options: Options) -> Result<Connection> {
        let (ours, theirs) = self.streams()?;
        let server = thread::spawn(move || {
            let mut end = theirs;
            // That it closes meanwhile is what is expected.
            let _ = RawEnd::send(&mut end, &bytes);
            let _ = end.wait_closed();
        });
        let connected = self.0.transport().connect::<I>(ours, options).map(|connected| connected.connection);
        if connected.is_err() {
            server.join().expect("it does not panic");
        }
        connected
    }
}

impl<S: OverStreams> Streams<S> {
    /// Two streams that are connected to each other, of the kind that peers listen for.
    fn streams(&self) -> Result<(Stream, Stream)> {
        let directory = tempfile::tempdir().map_err(|error| failed("no directory for a socket", error))?;
        let address = self.0.listen_at(directory.path())?;
        if matches!(address.endpoint(), Endpoint::Unix(_)) {
            return Stream::pair();
        }
        let listener = Listener::bind(&address, &BindOptions::new())?;
        let ours = Stream::connect(listener.address())?;
        Ok((ours, listener.accept()?))
    }

    fn client<I: Interface + ?Sized>(&self, stream: Stream, options: Options) -> Result<Link<I>> {
        let same = stream.try_clone().map_err(|error| failed("no descriptor", error))?;
        let connected = self.0.transport().connect(stream, options)?;
        Ok(Link { root: connected.root, connection: connected.connection, server: None, cut: cut(same) })
    }
}

fn cut(stream: Stream) -> Arc<dyn Fn() + Send + Sync> {
    Arc::new(move || stream.shutdown(Shutdown::Both).expect("a socket can be shut down"))
}

impl fmt::Debug for ChildPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildPeer").field("process", &self.process).finish_non_exhaustive()
    }
}

impl RawEnd for Stream {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match (&*self).write_all(bytes) {
            Err(error) if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => Ok(()),
            sent => sent,
        }
    }

    fn wait_closed(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            match self.recv(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

fn signal(peer: &ChildPeer, signal: Signal) {
    let pid = Pid::from_raw(peer.process.id().cast_signed()).expect("a process id");
    kill_process(pid, signal).expect("it is our child, and not reaped");
}

/// As `/proc` has it: `T` is stopped.
fn state(peer: &ChildPeer) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", peer.process.id())).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

fn failed(what: &str, error: io::Error) -> Exception {
    Exception::new(ExceptionKind::Disconnected, format!("{what}: {error}")).with_source(error)
}
