//! The simplest interface there is; `echo.capnp` in Bitcoin Core.

use ipc_core::Result;
use ipc_macros::interface;

/// Answers with what it is told: to try a connection out.
#[interface(id = 0xd36b_8964_0dc9_4399, destroy = 0)]
pub trait Echo: Send + Sync {
    /// The same text.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(ordinal = 1)]
    fn echo(&self, echo: String) -> Result<String>;
}
