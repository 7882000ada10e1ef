//! What a transport implements to be tested.

use std::{ffi::OsString, io, process::ExitCode, sync::Arc};

use ipc_core::{Connection, Exception, ExceptionKind, Interface, Limits, Options, Result, Stream};

/// Makes connections of one transport, and peers.
///
/// For transport authors: a transport over streams implements [`OverStreams`](crate::streams::OverStreams) instead and gets
/// all of this. A transport in memory has peers too: what stands for a process there can vanish, which is to be killed,
/// and freeze, which is to be stopped. See the README.
pub trait Harness: Default + Send + Sync + 'static {
    /// The transport's name on the command line.
    const NAME: &'static str;

    /// Whether a peer is a process of its own; the cases assert the process ids accordingly.
    const PROCESSES: bool = true;

    /// Whether it is over streams, so that the cases about sockets run: those need [`connect_over`](Self::connect_over) and
    /// [`accept_over`](Self::accept_over).
    const SOCKETS: bool = false;

    /// Whether calls run on the caller's own thread, so that the contract's weaker clauses are what holds.
    const DIRECT: bool = false;

    /// A peer.
    type Peer: Send + Sync + 'static;

    /// A connection between two ends in this process. `I` is what the client takes the root for.
    ///
    /// # Errors
    ///
    /// Whatever keeps the connection from being made.
    fn pair<I: Interface + ?Sized, J: Interface + ?Sized>(
        &self,
        root: Arc<J>,
        client: Options,
        server: Options,
    ) -> Result<Link<I>>;

    /// A peer that serves a [`Lab`](crate::interfaces::Lab) to each connection, with these limits.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being there.
    fn spawn_peer(&self, limits: &Limits) -> Result<Self::Peer>;

    /// Is the peer: what this program does when it is executed with the arguments that
    /// [`spawn_peer`](Self::spawn_peer) gave it. Comes back only if it fails.
    fn run_peer(&self, args: Vec<OsString>) -> ExitCode;

    /// A further connection to a peer.
    ///
    /// # Errors
    ///
    /// Whatever keeps the connection from being made.
    fn connect<I: Interface + ?Sized>(&self, peer: &Self::Peer, options: Options) -> Result<Link<I>>;

    /// A further connection to a peer, which the peer makes: this side accepts it, and serves `root`, which the peer is to
    /// hand its own root to, with [`meet`](crate::interfaces::Reception::meet).
    ///
    /// # Errors
    ///
    /// Whatever keeps the connection from being made.
    fn accept_from<J: Interface + ?Sized>(&self, peer: &Self::Peer, root: Arc<J>, options: Options)
    -> Result<Accepted>;

    /// The process that the peer is, or is in.
    fn peer_id(&self, peer: &Self::Peer) -> u32;

    /// Ends the peer at once, whatever it does. Returns when it is gone.
    fn kill_peer(&self, peer: &Self::Peer);

    /// Keeps the peer from doing anything. Returns when it does nothing any more.
    fn stop_peer(&self, peer: &Self::Peer);

    /// Has a stopped peer go on.
    fn continue_peer(&self, peer: &Self::Peer);

    /// The client's end of a connection over a stream.
    ///
    /// # Errors
    ///
    /// Whatever keeps the connection from being made.
    fn connect_over<I: Interface + ?Sized>(&self, _: Stream, _: Options) -> Result<Link<I>> {
        Err(no_sockets())
    }

    /// The server's end of a connection over a stream.
    ///
    /// # Errors
    ///
    /// Whatever keeps the connection from being made.
    fn accept_over<J: Interface + ?Sized>(&self, _: Stream, _: Arc<J>, _: Options) -> Result<Connection> {
        Err(no_sockets())
    }

    /// What a peer that breaks the protocol sends.
    fn raw_bytes(&self) -> Vec<RawBytes>;

    /// The client's end, as bytes, of a connection to a server in this process.
    ///
    /// # Errors
    ///
    /// Whatever keeps the connection from being made.
    fn raw_client<J: Interface + ?Sized>(&self, root: Arc<J>, server: Options)
    -> Result<(Box<dyn RawEnd>, Connection)>;

    /// The client's end, as bytes, of a connection to a peer.
    ///
    /// # Errors
    ///
    /// Whatever keeps the connection from being made.
    fn raw_client_of(&self, peer: &Self::Peer) -> Result<Box<dyn RawEnd>>;

    /// Connects as a client to a server that sends these bytes and nothing else, and reads what it is sent.
    ///
    /// # Errors
    ///
    /// That the server broke the protocol.
    fn connect_to_raw<I: Interface + ?Sized>(&self, bytes: Vec<u8>, options: Options) -> Result<Connection>;
}

fn no_sockets() -> Exception {
    Exception::new(ExceptionKind::Unimplemented, "this transport is over no sockets")
}

/// A connection, as the client has it.
pub struct Link<I: ?Sized> {
    /// The server's root object.
    pub root: Arc<I>,
    /// The client's end.
    pub connection: Connection,
    /// The server's end, if that is in this process.
    pub server: Option<Connection>,
    /// Breaks the connection beneath the transport, as a closed socket does.
    pub cut: Arc<dyn Fn() + Send + Sync>,
}

/// A connection, as the side has it that accepted it.
pub struct Accepted {
    /// This end.
    pub connection: Connection,
    /// As [`Link::cut`].
    pub cut: Arc<dyn Fn() + Send + Sync>,
}

/// Something that no honest peer sends.
#[derive(Clone, Debug)]
pub struct RawBytes {
    /// What it is.
    pub name: &'static str,
    /// Whom it is for.
    pub to: To,
    /// The clause that says what happens: `O4` for object ids, `F10` for all else.
    pub clause: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Who closes the connection after that: the other side, which has seen enough, or the sender, because what it sent
    /// is only the beginning of something, or costs nobody but itself. To a client it is always the other side.
    pub closes: Closes,
}

/// Who gets raw bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// A server, from a client.
    Server,
    /// A client, from its server.
    Client,
}

/// Who closes a connection after raw bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closes {
    /// The one that got them.
    Receiver,
    /// The one that sent them.
    Sender,
}

/// An end of a connection, as bytes.
pub trait RawEnd: Send {
    /// Sends bytes. That the other side has closed the connection meanwhile is no error.
    ///
    /// # Errors
    ///
    /// The operating system's.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Reads, and forgets, what comes, until the other side has closed the connection.
    ///
    /// # Errors
    ///
    /// The operating system's.
    fn wait_closed(&mut self) -> io::Result<()>;
}
