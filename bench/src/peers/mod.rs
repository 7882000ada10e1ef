//! Who takes part. A further transport, or a peer of another making, is a file here and a line in [`ALL`].

#[cfg(feature = "capnp")]
mod capnp;
#[cfg(feature = "peers")]
mod capnp_rpc;
mod direct;
#[cfg(feature = "grpc")]
mod grpc;
#[cfg(feature = "peers")]
mod ipc_channel;
#[cfg(feature = "local")]
mod local;
#[cfg(feature = "peers")]
mod remoc;
pub(crate) mod socket;
#[cfg(feature = "peers")]
mod tarpc;
#[cfg(feature = "peers")]
mod tonic;
#[cfg(feature = "peers")]
mod zbus;

use std::{path::Path, sync::Arc};

use ipc::{Transport, open_with, serve_with};
use ipc_core::{Address, Exception, ExceptionKind, Result};

use crate::{
    client::{Blocking, Client},
    process::Ready,
    work::{Work, Worker},
};

/// One that takes part.
pub(crate) trait Peer: Sync {
    /// A transport's is its scheme.
    fn name(&self) -> &'static str;

    /// The crates whose versions matter.
    fn crates(&self) -> &'static [&'static str];

    /// What a reader of the table should know.
    fn note(&self) -> &'static str;

    /// Whether it is one of the project's own transports, whose speed is watched.
    fn is_ours(&self) -> bool {
        false
    }

    /// Whether both sides live in one process: then there is no server to spawn, and [`connect`](Self::connect) makes both.
    fn in_process(&self) -> bool {
        false
    }

    /// Whether there is such a thing as a connection.
    fn has_connections(&self) -> bool {
        true
    }

    /// Connects to what [`serve`](Self::serve) serves at this unix socket. Dropping the client ends the connection.
    ///
    /// # Errors
    ///
    /// There is no server, or it does not answer.
    fn connect(&self, path: &Path) -> Result<Box<dyn Client>>;

    /// Listens at this unix socket, says so, and serves any number of clients until the process ends.
    ///
    /// # Errors
    ///
    /// It cannot listen there.
    fn serve(&self, path: &Path, ready: Ready) -> Result<()>;
}

/// All that this build has, in the order of the report: the project's transports, and then their peers.
pub(crate) const ALL: &[&dyn Peer] = &[
    #[cfg(feature = "capnp")]
    &capnp::Capnp,
    #[cfg(feature = "grpc")]
    &grpc::Grpc,
    #[cfg(feature = "local")]
    &local::Local,
    #[cfg(feature = "local")]
    &local::LocalDirect,
    &direct::Direct,
    #[cfg(feature = "peers")]
    &capnp_rpc::CapnpRpc,
    #[cfg(feature = "peers")]
    &tonic::Tonic,
    #[cfg(feature = "peers")]
    &tonic::TonicBlocking,
    #[cfg(feature = "peers")]
    &tarpc::Tarpc,
    #[cfg(feature = "peers")]
    &remoc::Remoc,
    #[cfg(feature = "peers")]
    &zbus::Zbus,
    #[cfg(feature = "peers")]
    &ipc_channel::IpcChannel,
];

/// All names, the socket's among them.
pub(crate) fn names() -> Vec<&'static str> {
    [socket::NAME].into_iter().chain(ALL.iter().map(|peer| peer.name())).collect()
}

/// The peer of that name.
///
/// # Errors
///
/// There is none.
pub(crate) fn named(name: &str) -> Result<&'static dyn Peer> {
    let peer = ALL.iter().find(|peer| peer.name() == name);
    peer.copied().ok_or_else(|| {
        let expected = names().join(", ");
        Exception::new(
            ExceptionKind::Unimplemented,
            format!("there is no transport {name}: expected one of {expected}"),
        )
    })
}

/// Serves one of them, by name.
///
/// # Errors
///
/// There is none of that name, or it cannot serve.
pub(crate) fn serve(name: &str, path: &Path, ready: Ready) -> Result<()> {
    if name == socket::NAME { socket::serve(path, ready) } else { named(name)?.serve(path, ready) }
}

/// The client of one of the project's transports.
fn connect<T: Transport>(transport: &T, path: &Path) -> Result<Box<dyn Client>> {
    let root: Arc<dyn Work> = open_with(transport, address(transport, path)?)?.root;
    Ok(Box::new(Blocking::new(root)))
}

/// The server of one of the project's transports.
fn accept<T: Transport + Clone>(transport: &T, path: &Path, ready: Ready) -> Result<()> {
    let root: Arc<dyn Work> = Arc::new(Worker::new());
    let server = serve_with(transport, address(transport, path)?, root)?;
    ready.wait_for_the_end()?;
    drop(server);
    Ok(())
}

fn address<T: Transport>(transport: &T, path: &Path) -> Result<Address> {
    let bad = |e| Exception::new(ExceptionKind::Protocol, "the path of the socket is no address").with_source(e);
    Address::unix(path).and_then(|address| address.with_scheme(transport.scheme())).map_err(bad)
}
