//! What a case asks of the peer's process, and does to it.

use ipc_core::{Connection, Result};
use ipc_macros::{Value, interface};

/// How much one connection of the server holds; `Usage` as a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Value)]
#[allow(missing_docs, reason = "as in `Usage`")]
pub struct Held {
    pub exports: u64,
    pub imports: u64,
    pub calls: u64,
    pub server_threads: u64,
    pub output_bytes: u64,
}

/// How much a process has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Value)]
pub struct ProcessUse {
    /// Its id.
    pub pid: u32,
    /// Its threads.
    pub threads: u64,
    /// Its descriptors.
    pub fds: u64,
    /// Its memory in KiB.
    pub memory: u64,
}

/// The server's process and its connections.
#[interface]
pub trait Control: Send + Sync {
    /// How much the process has.
    fn process(&self) -> Result<ProcessUse>;
    /// How many objects of the server's live: those whose `Drop` has not run.
    fn live(&self) -> Result<u64>;
    /// How many threads of the server's live that were told to tell their end.
    fn live_locals(&self) -> Result<u64>;
    /// How much the connection of that number holds; `None` after its end.
    fn held(&self, number: u64) -> Result<Option<Held>>;
    /// Closes the connection of that number; gives the names of the threads that still run.
    fn close(&self, number: u64, grace_ms: u64) -> Result<Vec<String>>;
    /// Notes a number, and then closes this very connection: the call has run, and its reply has nowhere to go.
    fn note_and_close(&self, number: u64) -> Result<()>;
    /// How often the disconnect handler of the connection of that number was called.
    fn losses(&self, number: u64) -> Result<u64>;
    /// Makes a connection to this address, and serves on it: the side that accepts it is handed a root, as the
    /// [`Reception`](super::Reception) that it serves.
    fn serve_at(&self, address: String) -> Result<()>;
    /// Ends the process with this status, from within the handler.
    fn exit(&self, status: i32) -> Result<()>;
}

impl Held {
    /// How much it holds.
    pub fn of(connection: &Connection) -> Self {
        let usage = connection.usage();
        Self {
            exports: usage.exports as u64,
            imports: usage.imports as u64,
            calls: usage.calls as u64,
            server_threads: usage.server_threads as u64,
            output_bytes: usage.output_bytes as u64,
        }
    }
}
