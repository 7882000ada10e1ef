//! What is called: the interface, and the object behind it.

use std::sync::Arc;

use ipc_core::Result;
use ipc_macros::interface;

/// The size of the result that counts as large, in bytes.
pub(crate) const BULK: usize = 1 << 20;

/// What a caller passes to be called back.
pub(crate) type Callback = Arc<dyn Fn(i32) -> Result<i32> + Send + Sync>;

/// The work. What has no such interface of its own, a peer of another making, implements the trait as its client.
#[interface(bootstrap)]
pub(crate) trait Work: Send + Sync {
    /// A call that belongs to the caller's thread.
    fn add(&self, a: i32, b: i32) -> Result<i32>;
    /// A call that belongs to no thread.
    #[method(no_context)]
    fn add_no_context(&self, a: i32, b: i32) -> Result<i32>;
    /// Answers with [`BULK`] bytes.
    fn bulk(&self) -> Result<Vec<u8>>;
    /// Calls back once before it answers.
    fn nested(&self, x: i32, callback: Callback) -> Result<i32>;
}

/// The object in the server.
pub(crate) struct Worker {
    bulk: Vec<u8>,
}

impl Worker {
    pub(crate) fn new() -> Self {
        Self { bulk: vec![0x5a; BULK] }
    }
}

impl Work for Worker {
    fn add(&self, a: i32, b: i32) -> Result<i32> {
        Ok(a.wrapping_add(b))
    }

    fn add_no_context(&self, a: i32, b: i32) -> Result<i32> {
        Ok(a.wrapping_add(b))
    }

    fn bulk(&self) -> Result<Vec<u8>> {
        Ok(self.bulk.clone())
    }

    fn nested(&self, x: i32, callback: Callback) -> Result<i32> {
        callback(x)
    }
}
