//! Plain Rust traits across processes.
//!
//! A program is written against traits. The same `Arc<dyn Chain>` is the object itself when both sides live in one process,
//! and a proxy when they don't; nothing but one line at start-up knows which.
//!
//! ```
//! use std::sync::Arc;
//!
//! #[ipc::interface(bootstrap)]
//! pub trait Init: Send + Sync {
//!     /// Says hello.
//!     fn greet(&self, name: String) -> ipc::Result<String>;
//! }
//!
//! struct Polite;
//!
//! impl Init for Polite {
//!     fn greet(&self, name: String) -> ipc::Result<String> {
//!         Ok(format!("Good day, {name}."))
//!     }
//! }
//!
//! # fn main() -> ipc::Result<()> {
//! # #[cfg(feature = "capnp")] {
//! // In one process:
//! let server = ipc::serve("tcp:127.0.0.1:0", Arc::new(Polite) as Arc<dyn Init>)?;
//!
//! // In another one:
//! let init: Arc<dyn Init> = ipc::connect(server.address())?;
//! assert_eq!(init.greet("Alice".into())?, "Good day, Alice.");
//! # }
//! # Ok(())
//! # }
//! ```
//!
//! # How processes meet
//!
//! | one side | the other side |
//! |---|---|
//! | [`serve`] at an address | [`connect`] to it, or [`open`] to get the [`Connection`] too |
//! | [`spawn()`] a program over a socket pair | [`spawned()`] asks whether it was, [`Parent::serve`] serves |
//!
//! [`ServerOptions`] and [`ClientOptions`] do the same with other limits than the defaults; the functions that end in
//! `_with` take a [`Transport`] that this crate does not know.
//!
//! # Addresses and transports
//!
//! An [`Address`] is `[SCHEME+]unix:PATH`, `[SCHEME+]tcp:HOST:PORT`, `grpc+tls:HOST:PORT` or `[SCHEME+]fd:N`. The scheme
//! picks among the transports that are compiled in; each is a cargo feature, and enabling one changes nothing for the others.
//!
//! | scheme | feature | transport |
//! |---|---|---|
//! | `capnp`, or none at all | `capnp` (default) | Cap'n Proto RPC; Bitcoin Core's programs are peers too |
//! | `grpc` | `grpc` | gRPC; programs in other languages call typed services |
//! | none: `local:NAME` | `local` | within one process, between threads; values are copied |
//!
//! # What can go wrong
//!
//! Every method of an interface returns a `Result` whose error can hold an [`Exception`]: the other process can always be
//! gone. [`Exception::kind`] says what the caller can do about it. What a transport promises, clause by clause, is written
//! down in [`transport`].

mod address;
mod client;
mod compiled;
mod server;
mod spawn;
mod spawned;

pub use ipc_core::{
    Address, AddressError, BindOptions, Connected, Connection, Endpoint, Exception, ExceptionKind, ExitWatch, FdBy,
    Interface, Limits, Opaque, Options, Peer, Process, Result, Spawn, Stream, Transport, Value, caller,
    caller::{Caller, OnGone},
    deadline, transport,
    transport::StillRunning,
    value,
};
pub use ipc_macros::{Value, interface};
#[cfg(feature = "grpc")]
pub use transport_grpc::{ClientTls, ServerTls};

/// What the macros' expansions name.
#[doc(hidden)]
pub use ipc_core as __core;

pub use address::IntoAddress;
pub use client::{ClientOptions, connect, connect_with, open, open_with};
pub use server::{Server, ServerOptions, serve, serve_with};
pub use spawn::{Spawned, spawn, spawn_with};
pub use spawned::{Parent, spawned};

/// The README's examples, as tests.
#[cfg(all(doctest, feature = "capnp"))]
#[doc = include_str!("../../README.md")]
pub struct Readme;
