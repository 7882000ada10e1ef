//! Cap'n Proto RPC as a transport; the wire is libmultiprocess's.
//!
//! capnp-rpc keeps the tables of the protocol and is driven as a state machine behind a mutex, the `cell`. Around it,
//! `connection` reads and writes, `remote` makes calls and `serve` serves them.

mod answers;
mod cell;
mod connection;
mod encoding;
mod layout;
mod message;
mod mp;
mod objects;
mod poller;
#[doc(hidden)]
pub mod proof;
mod remote;
pub mod schema;
mod segments;
mod serve;
mod sync;
mod threads;
mod wire_error;

use std::sync::Arc;

use capnp_rpc::rpc_twoparty_capnp::Side;
use ipc_core::{Connected, Connection, Interface, Options, Result, Stream, Transport};

/// The Cap'n Proto transport; its scheme is `capnp`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Capnp;

impl Transport for Capnp {
    fn scheme(&self) -> &'static str {
        serve::SYSTEM
    }

    fn connect<I: Interface + ?Sized>(&self, stream: Stream, options: Options) -> Result<Connected<I>> {
        let (connection, owner) = connection::Connection::open::<I>(stream, Side::Client, None, options)?;
        let token = connection.root(connection.handshake(I::SCHEMA))?;
        let root = connection.registry().proxy::<I>(&connection, Arc::new(token));
        Ok(Connected { root, connection: Connection::new(owner) })
    }

    fn accept<I: Interface + ?Sized>(&self, stream: Stream, root: Arc<I>, options: Options) -> Result<Connection> {
        let (_, owner) = connection::Connection::open(stream, Side::Server, Some(&root), options)?;
        Ok(Connection::new(owner))
    }
}
