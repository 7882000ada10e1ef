//! The side that spawns.

use std::{fmt, sync::Arc};

use ipc_core::{
    Connected, Connection, Exception, ExceptionKind, Interface, Options, Process, Result, Spawn, Transport,
};

use crate::client::ClientOptions;

/// A process that this one spawned, and the connection to it.
///
/// Dropping this and every object that came over the connection closes the connection, which tells the child to end.
pub struct Spawned<I: ?Sized> {
    /// The child's root object.
    pub root: Arc<I>,
    /// The connection. It lives on in proxies; this handle need not be kept.
    pub connection: Connection,
    /// The process. It is reaped whether this is kept or not.
    pub process: Process,
}

/// For every interface, whether its objects say more of themselves or not.
impl<I: ?Sized> fmt::Debug for Spawned<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawned")
            .field("connection", &self.connection)
            .field("process", &self.process)
            .finish_non_exhaustive()
    }
}

/// Spawns a program, and connects to it over a socket pair.
///
/// The program learns its end by the arguments `-ipcfd N`, as Bitcoin Core's do, unless [`Spawn::fd_by`] says otherwise. In
/// it, [`spawned`](crate::spawned()) takes them, and [`Parent::serve`](crate::Parent::serve) serves.
///
/// When the child ends, exceptions that this causes say how: `the process node (pid 71) exited with status 3`.
///
/// ```no_run
/// # #[ipc::interface(bootstrap)] pub trait Init: Send + Sync {}
/// let node = ipc::spawn::<dyn Init>(ipc::Spawn::new("bitcoin-node"))?;
/// println!("the node is process {}", node.process.id());
/// # Ok::<(), ipc::Exception>(())
/// ```
///
/// # Errors
///
/// `Disconnected` if the program can't be executed, or ends at once; `Unimplemented` if no transport is compiled in.
pub fn spawn<I: Interface + ?Sized>(program: Spawn) -> Result<Spawned<I>> {
    ClientOptions::new().spawn(program)
}

/// [`spawn()`] with a transport that this crate need not know. The program must serve over the same one.
///
/// # Errors
///
/// As for [`spawn()`].
pub fn spawn_with<T: Transport, I: Interface + ?Sized>(transport: &T, program: Spawn) -> Result<Spawned<I>> {
    ClientOptions::new().spawn_with(transport, program)
}

pub(crate) fn start<T: Transport, I: Interface + ?Sized>(
    transport: &T,
    program: Spawn,
    options: Options,
) -> Result<Spawned<I>> {
    let mut process = program.spawn()?;
    let stream = process
        .take_stream()
        .ok_or_else(|| Exception::new(ExceptionKind::Protocol, "a process was spawned without a stream to it"))?;
    let Connected { root, connection } = transport.connect(stream, options)?;
    Ok(Spawned { root, connection, process })
}
