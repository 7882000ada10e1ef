//! The side that listens.

mod connections;
mod options;

use std::{fmt, sync::Arc, time::Duration};

use ipc_core::{Address, Connection, Interface, Listening, Result, Transport, transport::StillRunning};

use self::connections::Connections;
use crate::address::IntoAddress;

pub use options::ServerOptions;

/// Serves an object at an address, to everybody who connects and may.
///
/// Calls are served in the background as long as the returned handle lives.
///
/// ```no_run
/// # #[ipc::interface(bootstrap)] pub trait Init: Send + Sync {}
/// # struct Node;
/// # impl Init for Node {}
/// # use std::{sync::Arc, time::Duration};
/// let server = ipc::serve("capnp+unix:/run/node.sock", Arc::new(Node) as Arc<dyn Init>)?;
/// println!("listening at {}", server.address());
/// // Some time later:
/// if let Err(running) = server.close(Duration::from_secs(5)) {
///     eprintln!("{running}");
/// }
/// # Ok::<(), ipc::Exception>(())
/// ```
///
/// # Errors
///
/// `Protocol` if the address is none, or needs TLS without [`ServerOptions`] that have it; `Unimplemented` if nothing here
/// speaks its scheme; `Disconnected` if it can't be bound; then the source is the [`std::io::Error`] that says why.
pub fn serve<I: Interface + ?Sized>(address: impl IntoAddress, root: Arc<I>) -> Result<Server> {
    ServerOptions::new().serve(address, root)
}

/// [`serve`] over a transport that this crate need not know.
///
/// # Errors
///
/// As for [`serve`].
pub fn serve_with<T: Transport + Clone, I: Interface + ?Sized>(
    transport: &T,
    address: impl IntoAddress,
    root: Arc<I>,
) -> Result<Server> {
    ServerOptions::new().serve_with(transport, address, root)
}

/// A handle on what is served at an address. Dropping it [closes](Self::close) the server without grace.
#[must_use = "dropping it closes the server"]
pub struct Server {
    address: Address,
    /// Gone once the server is closed.
    accepting: Option<Box<dyn Listening>>,
    connections: Arc<Connections>,
}

impl Server {
    /// Where it listens, in a form to connect to: with its scheme, a complete path, and the real port for `tcp:HOST:0`.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The connections that are there now.
    pub fn connections(&self) -> Vec<Connection> {
        self.connections.all()
    }

    /// Stops accepting, then closes all connections at the same time: lets calls that are served end, for at most `grace`,
    /// cancels the rest, releases all objects and joins the threads.
    ///
    /// # Errors
    ///
    /// The names of the threads that still run a handler after the grace time; they are detached.
    pub fn close(mut self, grace: Duration) -> Result<(), StillRunning> {
        self.end(grace)
    }

    fn end(&mut self, grace: Duration) -> Result<(), StillRunning> {
        let Some(accepting) = self.accepting.take() else { return Ok(()) };
        if let Err(error) = accepting.stop() {
            tracing::warn!(target: "ipc", listener = %self.address, %error, "had stopped accepting");
        }
        self.connections.close(grace)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(running) = self.end(Duration::ZERO) {
            tracing::warn!(target: "ipc", listener = %self.address, %running, "dropped a server");
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &format_args!("{}", self.address))
            .field("connections", &self.connections.all().len())
            .finish_non_exhaustive()
    }
}
