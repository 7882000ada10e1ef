//! Plain capnp-rpc: <https://docs.rs/capnp-rpc>.
//!
//! Set up as its examples are: everything of a process on one thread, in a `LocalSet` of a current-thread runtime, with
//! generated code, reads and writes buffered. Its types stay on that thread, so a caller is a task there. A call belongs to no
//! thread, handlers run on the one there is.

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
#[path = "capnp_rpc/generated/work_capnp.rs"]
mod work_capnp;

mod generated {
    pub(super) use super::work_capnp;
}

mod client;
mod server;
mod values;

use std::path::Path;

use ipc_core::Result;

use super::Peer;
use crate::{client::Client, process::Ready};

pub(super) struct CapnpRpc;

impl Peer for CapnpRpc {
    fn name(&self) -> &'static str {
        "capnp-rpc"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["capnp-rpc", "tokio"]
    }

    fn note(&self) -> &'static str {
        "async, on one thread, with generated code; callers are tasks; handlers run on the thread that reads"
    }

    fn connect(&self, path: &Path) -> Result<Box<dyn Client>> {
        Ok(Box::new(client::Local::connect(path)?))
    }

    fn serve(&self, path: &Path, ready: Ready) -> Result<()> {
        server::serve(path, ready)
    }
}
