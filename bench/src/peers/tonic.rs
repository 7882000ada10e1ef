//! Plain tonic: <https://docs.rs/tonic>, twice.
//!
//! Set up as its examples are: generated code, a channel to a unix socket, large messages allowed. `tonic` is what an async
//! program has: callers are tasks, and handlers, which never block here, run where the request is read. `tonic-blocking` is
//! what a program of blocking code has that cannot be rewritten: each calling thread blocks on its call, on a runtime with one
//! worker for the I/O, and the server runs handlers, which may block there, on tokio's threads for blocking code.
//!
//! A server of gRPC cannot call its clients: callbacks are what both sides say on a stream that the client opens. It has no
//! objects: the server keeps them by number.

#[allow(
    clippy::all,
    clippy::nursery,
    clippy::pedantic,
    missing_docs,
    unnameable_types,
    unreachable_pub,
    unused_qualifications,
    reason = "generated"
)]
#[rustfmt::skip]
#[path = "tonic/generated/work.rs"]
mod generated;

mod blocking;
mod client;
mod server;
mod values;

use std::{path::Path, sync::Arc};

use ipc_core::Result;

use super::Peer;
use crate::{
    client::{Blocking, Client, TasksClient, one_worker, runtime},
    process::Ready,
};

pub(super) struct Tonic;

impl Peer for Tonic {
    fn name(&self) -> &'static str {
        "tonic"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["tonic", "prost", "tokio"]
    }

    fn note(&self) -> &'static str {
        "async gRPC; callers are tasks; callbacks over streams"
    }

    fn connect(&self, path: &Path) -> Result<Box<dyn Client>> {
        let runtime = runtime()?;
        let remote = runtime.block_on(client::Remote::connect(path, runtime))?;
        Ok(Box::new(TasksClient::new(remote, runtime)))
    }

    fn serve(&self, path: &Path, ready: Ready) -> Result<()> {
        runtime()?.block_on(server::serve(path, ready, server::Handlers::Inline))
    }
}

pub(super) struct TonicBlocking;

impl Peer for TonicBlocking {
    fn name(&self) -> &'static str {
        "tonic-blocking"
    }

    fn crates(&self) -> &'static [&'static str] {
        Tonic.crates()
    }

    fn note(&self) -> &'static str {
        "gRPC from threads that block, to handlers that may block; callbacks over streams"
    }

    fn connect(&self, path: &Path) -> Result<Box<dyn Client>> {
        let runtime = one_worker()?;
        let remote = runtime.block_on(client::Remote::connect(path, runtime))?;
        Ok(Box::new(Blocking::new(Arc::new(blocking::Remote::new(remote, runtime.handle())))))
    }

    fn serve(&self, path: &Path, ready: Ready) -> Result<()> {
        one_worker()?.block_on(server::serve(path, ready, server::Handlers::Blocking))
    }
}
