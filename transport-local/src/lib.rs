//! Calls within one process, as if between two.
//!
//! Values are copied through bincode, so nothing is shared by accident, and what would not survive a wire fails here first.
//! There is no socket: a [`Line`] is between the two ends, which can be cut and frozen.

mod encoding;
mod line;
#[doc(hidden)]
pub mod raw;

use std::sync::Arc;

use ipc_core::{Connected, Connection, Interface, Options, Result, session::End};

use crate::{
    encoding::Bincode,
    line::{LocalEnd, Side},
};

pub use line::Line;

/// Both ends of a connection.
pub struct Pair<I: ?Sized> {
    /// What the client gets.
    pub client: Connected<I>,
    /// The server's end.
    pub server: Connection,
    /// What is between them.
    pub line: Line,
}

/// Makes a connection within this process.
///
/// # Errors
///
/// As for [`Transport::connect`](ipc_core::Transport::connect).
pub fn pair<I: Interface + ?Sized, J: Interface + ?Sized>(
    root: &Arc<J>,
    client: Options,
    server: Options,
) -> Result<Pair<I>> {
    let line = Line::default();
    let server = accept(&line, root, server);
    let client = connect(&line, client)?;
    Ok(Pair { client, server, line })
}

/// The server's end of a line.
pub fn accept<I: Interface + ?Sized>(line: &Line, root: &Arc<I>, options: Options) -> Connection {
    let mover = |end: &std::sync::Weak<LocalEnd>| {
        line.attach(Side::Server, end);
        line.mover(Side::Server)
    };
    End::server(Bincode, PEER.into(), root, options, mover).1
}

/// The client's end of a line.
///
/// # Errors
///
/// As for [`Transport::connect`](ipc_core::Transport::connect).
pub fn connect<I: Interface + ?Sized>(line: &Line, options: Options) -> Result<Connected<I>> {
    let mover = |end: &std::sync::Weak<LocalEnd>| {
        line.attach(Side::Client, end);
        line.mover(Side::Client)
    };
    End::client(Bincode, PEER.into(), options, mover).connect()
}

const PEER: &str = "local";
