//! What is called: the interface, and the object behind it, which all peers serve.

mod callbacks;
mod object;
#[cfg(feature = "peers")]
mod registry;
mod values;

use std::sync::Arc;

use ipc_core::Result;
use ipc_macros::interface;

pub(crate) use callbacks::{Fire, countdown, on_another_thread};
#[cfg(feature = "peers")]
pub(crate) use object::Count;
pub(crate) use object::Worker;
#[cfg(feature = "peers")]
pub(crate) use registry::Registry;
pub(crate) use values::{BYTE, Item, LIST, Twenty, list, payload, received, received_list};

/// What a caller passes to be called back.
pub(crate) type Callback = Arc<dyn Fn(u32) -> Result<u32> + Send + Sync>;

/// The work, as the project's own transports carry it. Its peers declare the same in their own ways.
#[interface(bootstrap)]
pub(crate) trait Work: Send + Sync {
    /// Does nothing.
    fn empty(&self) -> Result<()>;
    /// A call that belongs to the caller's thread.
    fn add(&self, a: i32, b: i32) -> Result<i32>;
    /// A call that belongs to no thread.
    #[method(no_context)]
    fn add_no_context(&self, a: i32, b: i32) -> Result<i32>;
    /// Answers with what it was given.
    fn twenty(&self, value: Twenty) -> Result<Twenty>;
    /// Answers with so many bytes.
    fn result(&self, length: u32) -> Result<Vec<u8>>;
    /// Answers how many bytes there were.
    fn argument(&self, bytes: Vec<u8>) -> Result<u32>;
    /// Answers with [`LIST`] structs.
    fn list(&self) -> Result<Vec<Item>>;
    /// Calls back with `depth` before it answers with what that gave.
    fn nested(&self, depth: u32, callback: Callback) -> Result<u32>;
    /// Keeps a callback for [`fire`](Self::fire).
    fn store(&self, callback: Callback) -> Result<()>;
    /// Has another thread of the server call the kept callback.
    fn fire(&self, x: u32) -> Result<u32>;
    /// Makes an object.
    fn create(&self, start: i64) -> Result<Arc<dyn Counter>>;
}

/// An object that calls make.
#[interface]
pub(crate) trait Counter: Send + Sync {
    /// Adds to it.
    fn step(&self, by: i64) -> Result<i64>;
}
