//! `transport-local`, in both forms: both sides in one process, values copied.

use std::{path::Path, sync::Arc};

use ipc_core::{Connection, Exception, ExceptionKind, Options, Result};
use transport_local::Line;

use super::Peer;
use crate::{
    client::{Blocking, Client},
    process::Ready,
    work::{Work, Worker},
};

/// Each client thread has a server thread.
pub(super) struct Local;

/// Calls run on the caller's own thread.
pub(super) struct LocalDirect;

impl Peer for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["transport-local", "bincode"]
    }

    fn note(&self) -> &'static str {
        "this project within one process; values are copied, calls change threads"
    }

    fn is_ours(&self) -> bool {
        true
    }

    fn in_process(&self) -> bool {
        true
    }

    fn connect(&self, _: &Path) -> Result<Box<dyn Client>> {
        connect(&Line::threaded())
    }

    fn serve(&self, _: &Path, _: Ready) -> Result<()> {
        Err(no_server())
    }
}

impl Peer for LocalDirect {
    fn name(&self) -> &'static str {
        "local-direct"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["transport-local", "bincode"]
    }

    fn note(&self) -> &'static str {
        "this project within one process; values are copied, calls run on the caller's thread"
    }

    fn is_ours(&self) -> bool {
        true
    }

    fn in_process(&self) -> bool {
        true
    }

    fn connect(&self, _: &Path) -> Result<Box<dyn Client>> {
        connect(&Line::direct())
    }

    fn serve(&self, _: &Path, _: Ready) -> Result<()> {
        Err(no_server())
    }
}

fn connect(line: &Line) -> Result<Box<dyn Client>> {
    let root: Arc<dyn Work> = Arc::new(Worker::new());
    keep(line.accept(&root, Options::default()));
    Ok(Box::new(Blocking::new(line.connect(Options::default())?.root)))
}

/// Until the client ends the connection.
fn keep(server: Connection) {
    let kept = server.clone();
    server.on_disconnect(move |_| drop(kept));
}

fn no_server() -> Exception {
    Exception::new(ExceptionKind::Unimplemented, "the transport local needs no server process")
}
