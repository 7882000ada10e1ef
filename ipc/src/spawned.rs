//! The side that may have been spawned.

use std::{ffi::OsString, sync::Arc};

use ipc_core::{Connection, Interface, Limits, Options, Peer, Result, Stream, Transport, spawned as core_spawned};

use crate::compiled::{Compiled, TRANSPORT};

/// Whether this process was spawned with a stream to its parent: by the arguments `-ipcfd N` or the environment variable
/// `IPC_FD`.
///
/// `args` starts with the program's name, as [`std::env::args_os`] does. The two arguments are removed, so that what is left
/// is for whatever parses the command line. A process can ask once; a second time the descriptor is taken.
///
/// ```no_run
/// # #[ipc::interface(bootstrap)] pub trait Init: Send + Sync {}
/// # struct Node;
/// # impl Init for Node {}
/// # use std::sync::Arc;
/// let mut args = std::env::args_os().collect();
/// if let Some(parent) = ipc::spawned(&mut args)? {
///     let connection = parent.serve(Arc::new(Node) as Arc<dyn Init>)?;
///     connection.wait();
/// }
/// # Ok::<(), ipc::Exception>(())
/// ```
///
/// # Errors
///
/// `Protocol` if there is a number, but not that of an inherited stream socket.
pub fn spawned(args: &mut Vec<OsString>) -> Result<Option<Parent>> {
    let stream = match core_spawned::from_args(args)? {
        Some(stream) => Some(stream),
        None => core_spawned::from_env()?,
    };
    Ok(stream.map(|stream| Parent { stream, options: Options::default() }))
}

/// The process that spawned this one, waiting to be served.
///
/// Dropping it closes the stream: the parent finds its child gone.
#[derive(Debug)]
#[must_use = "dropping it closes the stream to the parent"]
pub struct Parent {
    stream: Stream,
    options: Options,
}

impl Parent {
    /// Who it is.
    pub fn peer(&self) -> &Peer {
        self.stream.peer()
    }

    /// Sets bounds on what the parent can make this side hold.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
        self
    }

    /// Serves `root` to the parent, until the parent or this process closes the connection.
    ///
    /// The connection lives as long as its handle, or an object that the parent passed. A spawned program usually ends with
    /// it: see [`Connection::wait`].
    ///
    /// # Errors
    ///
    /// `Disconnected` if the parent is gone; `Unimplemented` if the transport that it uses is not compiled in.
    pub fn serve<I: Interface + ?Sized>(self, root: Arc<I>) -> Result<Connection> {
        let transport = match std::env::var(TRANSPORT) {
            Ok(scheme) => Compiled::named(&scheme)?,
            Err(_) => Compiled::default_transport()?,
        };
        self.serve_with(&transport, root)
    }

    /// The same over the transport that the parent uses.
    ///
    /// # Errors
    ///
    /// As for [`serve`](Self::serve).
    pub fn serve_with<T: Transport, I: Interface + ?Sized>(self, transport: &T, root: Arc<I>) -> Result<Connection> {
        transport.accept(self.stream, root, self.options)
    }
}
