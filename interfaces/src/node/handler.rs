//! What stands for a registration.

use ipc_core::Result;
use ipc_macros::interface;

/// A registration, such as that of an observer. It lasts until this is dropped.
///
/// Dropping it waits until the other side has let go of it too.
#[interface(destroy)]
pub trait Handler: Send + Sync {
    /// Ends the registration now. A call to the registered object that is under way may still arrive; none is made after it.
    /// Doing it twice is no error.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn disconnect(&self) -> Result<()>;
}
