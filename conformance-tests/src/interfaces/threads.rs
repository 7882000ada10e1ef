//! Who runs what, and who waits for whom.

use std::sync::Arc;

use ipc_core::Result;
use ipc_macros::{Value, interface};

use super::{Step, Tell, late};

/// A thread that runs a handler.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Value)]
pub struct ThreadInfo {
    /// Its process.
    pub pid: u32,
    /// Its number, in its process never used again.
    pub number: u64,
    /// Its name in Rust.
    pub name: String,
    /// Its name as a debugger shows it.
    pub os_name: String,
}

/// A number whose writing may wait for something.
#[derive(Value)]
pub struct Late {
    /// The number.
    #[value(with = late)]
    pub number: late::Number,
}

/// Threads of the server: who they are, what they keep, and when they go on.
#[interface]
pub trait Threads: Send + Sync {
    /// The thread that runs this.
    fn thread(&self) -> Result<ThreadInfo>;
    /// Puts a number into a thread-local of the thread that runs this; gives the one before.
    fn set_local(&self, value: u64) -> Result<u64>;
    /// Puts an object into a thread-local of the thread that runs this. Its drop is [counted](super::Control::live_locals),
    /// and told.
    fn hold_local(&self, ended: Option<Tell>) -> Result<()>;
    /// Calls `step` with `depth` on this thread.
    fn down(&self, depth: u32, step: Step) -> Result<u32>;
    /// The same, `times` one after the other; gives the sum.
    fn down_often(&self, depth: u32, times: u32, step: Step) -> Result<u32>;
    /// Calls `step` on a thread of its own, of that name, `times` one after the other; gives the sum.
    fn down_elsewhere(&self, name: String, depth: u32, times: u32, step: Step) -> Result<u32>;
    /// Calls `step` on this thread and on one of its own, of that name, at the same time; gives the sum.
    fn down_beside(&self, name: String, depth: u32, step: Step) -> Result<u32>;
    /// Calls back on `threads` threads of its own at the same time; gives how many bytes it got.
    fn gather(&self, threads: u32, give: Arc<dyn Fn(u32) -> Result<Vec<u8>> + Send + Sync>) -> Result<u64>;
    /// Blocks until this many calls are here under this name.
    fn meet(&self, name: String, count: u32) -> Result<()>;
    /// Blocks until the event happened.
    fn wait_for(&self, event: String) -> Result<()>;
    /// Blocks until the event happened, then calls `step`; tells [`outcome`](Self::outcome) how that went.
    fn wait_then_call(&self, event: String, step: Step) -> Result<u32>;
    /// Ends at once; what it gives is written only once the event happened. So the handler has run, and its reply waits.
    fn reply_when(&self, event: String, number: u32) -> Result<Late>;
    /// Counts the calls of this method, and gives how many there were. It has no context.
    #[method(no_context)]
    fn count_now(&self) -> Result<u64>;
    /// Has the event happen.
    fn happen(&self, event: String) -> Result<()>;
    /// How many calls block for the event, or for others to meet them under that name.
    fn blocked(&self, event: String) -> Result<u32>;
    /// How a handler's call back ended: the exception's kind, or `ok`. Blocks until it has ended.
    fn outcome(&self, event: String) -> Result<String>;
    /// Notes a number in the server's list.
    fn note(&self, number: u64) -> Result<()>;
    /// Takes the server's list.
    fn notes(&self) -> Result<Vec<u64>>;
    /// Milliseconds that this call may still take, if it has a deadline.
    fn deadline(&self) -> Result<Option<u64>>;
    /// Blocks until the event `after` happened, if one is given, and then, under the name `event`, until nobody waits for this
    /// call any more; tells [`outcome`](Self::outcome) that the caller is `gone`.
    fn wait_until_gone(&self, event: String, after: Option<String>) -> Result<()>;
}
