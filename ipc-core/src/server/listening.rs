//! Serving at an address, whatever that names.

use std::{fmt, num::NonZeroUsize, sync::Arc};

use super::{AcceptLoop, Slot};
use crate::{
    address::Address,
    exception::Result,
    interface::Interface,
    socket::{BindOptions, Listener, Stream},
    transport::{Connection, Options, Transport},
};

/// How a transport serves at an address, see [`Transport::listen`].
#[derive(Clone)]
pub struct Serving {
    /// What each connection is told.
    pub options: Options,
    /// Who may connect, where the address names a socket.
    pub bind: BindOptions,
    /// How many connections there may be at a time; further ones wait.
    pub connections: NonZeroUsize,
    /// Is given each connection and its place, which it keeps until the connection's end. It returns soon.
    pub accepted: Arc<dyn Fn(Connection, Slot) + Send + Sync>,
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").field("connections", &self.connections).finish_non_exhaustive()
    }
}

/// Something that accepts in the background. Dropping it stops it.
pub trait Listening: Send + Sync {
    /// Where: in a form to connect to, without its scheme.
    fn address(&self) -> &Address;

    /// Stops accepting, and waits until nothing more is accepted. The connections live on.
    ///
    /// # Errors
    ///
    /// What ended it before.
    fn stop(self: Box<Self>) -> Result<()>;
}

impl Listening for AcceptLoop {
    fn address(&self) -> &Address {
        Self::address(self)
    }

    fn stop(self: Box<Self>) -> Result<()> {
        Self::stop(*self)
    }
}

/// Listens at a socket, for a transport over streams: what [`Transport::listen`] does, for one that has other addresses
/// besides.
///
/// # Errors
///
/// As for [`Transport::listen`].
pub fn at_socket<T: Transport + Clone, I: Interface + ?Sized>(
    transport: &T,
    address: &Address,
    root: Arc<I>,
    serving: Serving,
) -> Result<Box<dyn Listening>> {
    let Serving { options, bind, connections, accepted } = serving;
    let listener = Listener::bind(address, &bind)?;
    let transport = transport.clone();
    let accept = move |stream: Stream, slot: Slot| {
        let peer = stream.peer().clone();
        match transport.accept(stream, Arc::clone(&root), options.clone()) {
            Ok(connection) => accepted(connection, slot),
            Err(error) => tracing::warn!(target: "ipc", %peer, %error, "a connection came to nothing"),
        }
    };
    Ok(Box::new(AcceptLoop::start(listener, connections, accept)?))
}
