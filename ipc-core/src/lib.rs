//! The core of a protocol-agnostic IPC layer.
//!
//! A program is written against plain Rust traits. The same `Arc<dyn Chain>` is the object itself when both sides live
//! in one process, and a proxy when they don't. This crate knows no wire protocol: transports are crates that build on it.

mod exception;

pub use exception::{Exception, ExceptionKind, Result};
