//! Connections of plain capnp-rpc, as programs have them that are written on the crate `bitcoin-capnp-types`.

use std::{future::Future, path::Path};

use bitcoin_capnp_types::capnp_rpc::{RpcSystem, rpc_twoparty_capnp::Side, twoparty::VatNetwork};
use futures::io::{BufReader, BufWriter};
use tokio::{
    net::UnixStream,
    runtime::Builder,
    task::{LocalSet, spawn_local},
};
use tokio_util::compat::{TokioAsyncReadCompatExt, TokioAsyncWriteCompatExt};

/// Runs what only one thread may touch, as these programs do.
///
/// # Panics
///
/// If there can be no runtime.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, work)
}

/// Connects to a socket, and gives its root.
///
/// # Panics
///
/// If nobody listens.
pub async fn connect<C: bitcoin_capnp_types::capnp::capability::FromClientHook>(socket: &Path) -> C {
    let stream = UnixStream::connect(socket).await.expect("somebody listens");
    let mut system = RpcSystem::new(Box::new(network(stream, Side::Client)), None);
    let root = system.bootstrap(Side::Server);
    spawn_local(system);
    root
}

/// Messages on a stream.
pub fn network(stream: UnixStream, side: Side) -> VatNetwork<impl futures::io::AsyncRead> {
    let (read, write) = stream.into_split();
    VatNetwork::new(BufReader::new(read.compat()), BufWriter::new(write.compat_write()), side, Default::default())
}
