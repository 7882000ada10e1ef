//! The thread that moves bytes: one for the process, with an event loop.

use std::{sync::OnceLock, thread};

use ipc_core::{Exception, ExceptionKind, Result};
use tokio::runtime::{Builder, Handle};

/// How many threads there may be for unary calls, which are served on any. What bounds them is the connection, or one that has
/// them all would leave none to others.
const UNARY_THREADS: usize = 1 << 16;

/// The event loop, which runs until the process ends.
///
/// # Errors
///
/// `Overloaded` if the operating system has no thread or no descriptor for it.
pub(crate) fn handle() -> Result<&'static Handle> {
    static LOOP: OnceLock<Result<Handle>> = OnceLock::new();
    LOOP.get_or_init(start).as_ref().map_err(Clone::clone)
}

fn start() -> Result<Handle> {
    let no_loop = |error: std::io::Error| {
        Exception::new(ExceptionKind::Overloaded, format!("no event loop for gRPC: {error}")).with_source(error)
    };
    let runtime = Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(UNARY_THREADS)
        .thread_name("ipc-grpc-unary")
        .build()
        .map_err(no_loop)?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name("ipc-grpc".into())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))
        .map_err(no_loop)?;
    Ok(handle)
}
