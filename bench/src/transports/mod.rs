//! Who takes part. A further transport, or a peer of another making, is a file here and an entry in [`all`].

#[cfg(feature = "capnp")]
mod capnp;
pub(crate) mod socket;

use std::sync::Arc;

use ipc_core::{Connection, Exception, ExceptionKind, Options, Result, Stream, Transport};

use crate::work::{Work, Worker};

/// One that takes part.
pub(crate) struct Contender {
    /// A transport's is its scheme.
    pub(crate) name: &'static str,
    /// The crates whose versions matter.
    pub(crate) crates: &'static [&'static str],
    /// Connects to the server.
    pub(crate) connect: fn(Stream) -> Result<Arc<dyn Work>>,
    /// Serves until the client is gone.
    pub(crate) serve: fn(Stream) -> Result<()>,
}

/// All that this build has, in the order of the report.
pub(crate) fn all() -> Vec<Contender> {
    vec![
        #[cfg(feature = "capnp")]
        capnp::CONTENDER,
    ]
}

/// All names, the baseline's among them.
pub(crate) fn names() -> Vec<&'static str> {
    [socket::NAME].into_iter().chain(all().iter().map(|contender| contender.name)).collect()
}

/// Serves one of them, by name.
pub(crate) fn serve(name: &str, stream: Stream) -> Result<()> {
    if name == socket::NAME {
        return socket::serve(stream);
    }
    match all().iter().find(|contender| contender.name == name) {
        Some(contender) => (contender.serve)(stream),
        None => Err(Exception::new(ExceptionKind::Unimplemented, format!("there is no transport {name}"))),
    }
}

/// A transport's client.
fn connect<T: Transport>(transport: &T, stream: Stream) -> Result<Arc<dyn Work>> {
    Ok(transport.connect::<dyn Work>(stream, Options::default())?.root)
}

/// A transport's server.
fn accept<T: Transport>(transport: &T, stream: Stream) -> Result<()> {
    let connection: Connection = transport.accept::<dyn Work>(stream, Arc::new(Worker::new()), Options::default())?;
    connection.wait();
    Ok(())
}
