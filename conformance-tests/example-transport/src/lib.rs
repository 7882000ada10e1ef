//! A complete transport, as somebody else would write one: all of it is here, and nothing of it in `ipc-core`.
//!
//! [`codec`] makes values bytes, [`framing`] makes frames bytes, and two threads move them. That is a transport, because
//! `ipc_core::session` does the rest. It is short rather than fast: each frame takes a write of its own and wakes a thread.
//!
//! Copy this folder to begin with one of your own; `conformance-tests/README.md` says how it is tested.

pub mod codec;
pub mod framing;
mod line;

use std::sync::Arc;

use ipc_core::{Connected, Connection, Interface, Options, Result, Stream, Transport, session::End};

use crate::{codec::Plain, line::Line};

/// The transport. It works over any stream, TCP or unix.
#[derive(Clone, Copy, Debug, Default)]
pub struct Example;

impl Transport for Example {
    fn scheme(&self) -> &'static str {
        "example"
    }

    fn connect<I: Interface + ?Sized>(&self, stream: Stream, options: Options) -> Result<Connected<I>> {
        let line = Line::new(stream);
        let end = End::client(Plain, line.peer(), options, |end| line.mover(end));
        line.start(&end)?;
        end.connect()
    }

    fn accept<I: Interface + ?Sized>(&self, stream: Stream, root: Arc<I>, options: Options) -> Result<Connection> {
        let line = Line::new(stream);
        let (end, connection) = End::server(Plain, line.peer(), &root, options, |end| line.mover(end));
        line.start(&end)?;
        Ok(connection)
    }
}
