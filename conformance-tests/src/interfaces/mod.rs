//! The interfaces that the cases call: one root with all that a case needs of a peer.

mod address;
mod control;
pub mod late;
mod objects;
mod threads;
mod values;

use std::sync::Arc;

use ipc_core::Result;
use ipc_macros::interface;

pub use control::{Control, Held, ProcessUse};
pub use objects::{Account, Counter, Objects, Owned, Savings};
pub use threads::{Late, ThreadInfo, Threads};
pub use values::{Collections, Figure, LabError, Numbers, Opaques, Options, Tree, Values};

/// A callback with a number in and out.
pub type Step = Arc<dyn Fn(u32) -> Result<u32> + Send + Sync>;

/// A callback that tells of something.
pub type Tell = Arc<dyn Fn(u64) -> Result<()> + Send + Sync>;

/// What a connection begins with. Each connection has a root of its own; all of a process share the rest.
#[interface(bootstrap, id = 0xc0f0_4a11_57e5_7001, name = "Lab")]
pub trait Lab: Values + Threads + Objects + Control {
    /// The number of this connection among the server's.
    fn number(&self) -> Result<u64>;
    /// This object.
    fn root(&self) -> Result<Arc<dyn Lab>>;
    /// Whether that is this object, and not a proxy for it.
    fn is_root(&self, root: Arc<dyn Lab>) -> Result<bool>;
}

/// [`Lab`] as a newer program has it: with methods, and a base, that the server does not know.
#[interface(bootstrap, id = 0xc0f0_4a11_57e5_7001, name = "Lab")]
pub trait NewerLab: Values + Threads + Newer {
    /// A method that the server does not know.
    #[method(ordinal = 900)]
    fn added(&self, text: String) -> Result<String>;
    /// The same without a context.
    #[method(ordinal = 901, no_context)]
    fn added_now(&self) -> Result<()>;
    /// One that takes an object, which is to be released again.
    #[method(ordinal = 902)]
    fn added_with_an_object(&self, tell: Tell) -> Result<()>;
}

/// What a connection begins with whose roles are swapped: the side that made it gives what it serves.
#[interface(bootstrap, id = 0xc0f0_4a11_57e5_7002, name = "Reception")]
pub trait Reception: Send + Sync {
    /// Hands over the root of the side that serves.
    #[method(no_context)]
    fn meet(&self, root: Arc<dyn Lab>) -> Result<()>;
}

/// The same of a side that expects a newer program.
#[interface(bootstrap, id = 0xc0f0_4a11_57e5_7002, name = "Reception")]
pub trait NewerReception: Send + Sync {
    /// Hands over the root of the side that serves.
    #[method(no_context)]
    fn meet(&self, root: Arc<dyn NewerLab>) -> Result<()>;
}

/// An interface that the server does not know.
#[interface]
pub trait Newer: Send + Sync {
    /// Its only method.
    fn newer(&self) -> Result<()>;
}
