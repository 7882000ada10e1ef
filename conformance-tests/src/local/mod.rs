//! The harness of the transport within one process.

mod peer;

use std::{ffi::OsString, io, process::ExitCode, sync::Arc};

use ipc_core::{Connection, Interface, Limits, Options, Result};
use transport_local::{Line, raw};

use crate::{
    harness::{Accepted, Harness, Link, RawBytes, RawEnd},
    session,
};

pub use peer::LocalPeer;

/// The harness of the threaded form.
pub type LocalHarness = Local<false>;

/// The harness of the form in which calls run on the caller's own thread.
pub type LocalDirectHarness = Local<true>;

/// The harness of either form.
#[derive(Clone, Copy, Debug, Default)]
pub struct Local<const DIRECT: bool>;

impl<const DIRECT: bool> Local<DIRECT> {
    fn line() -> Line {
        if DIRECT { Line::direct() } else { Line::threaded() }
    }
}

impl<const DIRECT: bool> Harness for Local<DIRECT> {
    const NAME: &'static str = if DIRECT { "local-direct" } else { "local" };
    const PROCESSES: bool = false;
    const DIRECT: bool = DIRECT;

    type Peer = LocalPeer;

    fn pair<I: Interface + ?Sized, J: Interface + ?Sized>(
        &self,
        root: Arc<J>,
        client: Options,
        server: Options,
    ) -> Result<Link<I>> {
        let line = Self::line();
        let server = line.accept(&root, server);
        let client = line.connect(client)?;
        Ok(Link {
            root: client.root,
            connection: client.connection,
            server: Some(server),
            cut: Arc::new(move || line.cut()),
        })
    }

    fn spawn_peer(&self, limits: &Limits) -> Result<LocalPeer> {
        Ok(LocalPeer::new(limits, Self::line, DIRECT))
    }

    fn run_peer(&self, _: Vec<OsString>) -> ExitCode {
        eprintln!("a peer of the transport local is in the process of its client");
        ExitCode::FAILURE
    }

    fn connect<I: Interface + ?Sized>(&self, peer: &LocalPeer, options: Options) -> Result<Link<I>> {
        peer.connect(options)
    }

    fn accept_from<J: Interface + ?Sized>(&self, peer: &LocalPeer, root: Arc<J>, options: Options) -> Result<Accepted> {
        peer.accepted(&root, options)
    }

    fn peer_id(&self, _: &LocalPeer) -> u32 {
        std::process::id()
    }

    fn kill_peer(&self, peer: &LocalPeer) {
        peer.end(None);
    }

    fn stop_peer(&self, peer: &LocalPeer) {
        peer.freeze(true);
    }

    fn continue_peer(&self, peer: &LocalPeer) {
        peer.freeze(false);
    }

    fn raw_bytes(&self) -> Vec<RawBytes> {
        session::raw_bytes(raw::encode)
    }

    fn raw_client<J: Interface + ?Sized>(
        &self,
        root: Arc<J>,
        server: Options,
    ) -> Result<(Box<dyn RawEnd>, Connection)> {
        let (end, connection) = raw::client_of(&root, server);
        Ok((Box::new(end), connection))
    }

    fn raw_client_of(&self, peer: &LocalPeer) -> Result<Box<dyn RawEnd>> {
        peer.raw_client()
    }

    fn connect_to_raw<I: Interface + ?Sized>(&self, bytes: Vec<u8>, options: Options) -> Result<Connection> {
        raw::connect_to::<I>(bytes, options).map(|connected| connected.connection)
    }
}

impl RawEnd for raw::RawEnd {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        Self::send(self, bytes);
        Ok(())
    }

    fn wait_closed(&mut self) -> io::Result<()> {
        Self::wait_closed(self);
        Ok(())
    }
}
