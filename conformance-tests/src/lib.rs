//! The contract of `ipc_core::transport` as cases: one list, run against any transport, in one process and across
//! processes.
//!
//! A transport's test file is three lines, see [`suite!`]; the same as a program is [`main`]. What a transport implements for
//! it is a [`Harness`], or [`streams::OverStreams`].

#[cfg(feature = "capnp")]
pub mod capnp;
mod case;
mod cases;
pub mod contract;
mod direct;
mod erased;
#[cfg(feature = "grpc")]
pub mod grpc;
mod harness;
pub mod interfaces;
#[cfg(feature = "local")]
pub mod local;
mod peer;
mod program;
mod run;
mod server;
pub mod session;
pub mod streams;
mod swapped;
mod wait;
mod world;

pub use case::{Case, Setting};
pub use harness::{Accepted, Closes, Harness, Link, RawBytes, RawEnd, To};
pub use program::program;
pub use run::{main, test_arguments, test_main};
pub use wait::until;

/// All cases, in the order of the contract.
pub fn list() -> impl Iterator<Item = &'static Case> {
    cases::all()
}
