//! ipc-channel: <https://docs.rs/ipc-channel>. A floor: there is no RPC layer, so none has to be paid for.
//!
//! Requests and replies are enums on channels of the default encoding; a pair of channels and a thread of the server for each
//! thread that calls, since nothing tells whose a reply is. The first pair is made through a one-shot server, as its
//! documentation has it; its name crosses on a unix socket.

mod client;
mod protocol;
mod server;

use std::path::Path;
use std::sync::Arc;

use ipc_core::Result;

use super::Peer;
use crate::{
    client::{Blocking, Client},
    process::Ready,
};

pub(super) struct IpcChannel;

impl Peer for IpcChannel {
    fn name(&self) -> &'static str {
        "ipc-channel"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["ipc-channel"]
    }

    fn note(&self) -> &'static str {
        "a floor: blocking channels of serde values, no RPC layer; channels of its own for each caller"
    }

    fn connect(&self, path: &Path) -> Result<Box<dyn Client>> {
        Ok(Box::new(Blocking::new(Arc::new(client::Remote::connect(path)?))))
    }

    fn serve(&self, path: &Path, ready: Ready) -> Result<()> {
        server::serve(path, ready)
    }
}
