//! The core of a protocol-agnostic IPC layer.
//!
//! A program is written against plain Rust traits. The same `Arc<dyn Chain>` is the object itself when both sides live
//! in one process, and a proxy when they don't. This crate knows no wire protocol: transports are crates that build on it.

mod address;
pub mod caller;
pub mod deadline;
mod exception;
#[cfg(shuttle)]
mod explore;
pub mod interface;
mod limits;
mod process;
mod server;
pub mod session;
mod socket;
mod sync;
pub mod threads;
pub mod trace;
pub mod transport;
pub mod value;

pub use address::{Address, AddressError, Endpoint};
pub use caller::caller;
pub use deadline::deadline;
pub use exception::{Exception, ExceptionKind, Result};
#[cfg(shuttle)]
pub use explore::explore;
pub use interface::Interface;
pub use limits::Limits;
pub use process::{ExitWatch, FdBy, Process, Spawn, spawned};
pub use server::{AcceptLoop, Listening, Serving, Slot, Slots, at_socket};
pub use socket::{BindOptions, Closer, Listener, Peer, Readiness, Stream};
pub use transport::{Connected, Connection, Options, Transport};
pub use value::{Opaque, Value};
