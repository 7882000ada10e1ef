//! A harness without its type, so that cases are plain functions.

use std::sync::Arc;

use ipc_core::{Connection, Limits, Options, Result, Stream};

use crate::{
    harness::{Accepted, Harness, Link, RawBytes, RawEnd},
    interfaces::{Lab, NewerLab, NewerReception, Reception},
};

/// [`Harness`], with the interfaces that the cases use.
pub(crate) trait Erased: Send + Sync {
    fn name(&self) -> &'static str;
    fn processes(&self) -> bool;
    fn direct(&self) -> bool;
    fn pair(&self, root: Arc<dyn Lab>, client: Options, server: Options) -> Result<Link<dyn Lab>>;
    fn newer_pair(&self, root: Arc<dyn Lab>, client: Options, server: Options) -> Result<Link<dyn NewerLab>>;
    fn reception(&self, root: Arc<dyn Reception>, client: Options, server: Options) -> Result<Link<dyn Reception>>;
    fn newer_reception(
        &self,
        root: Arc<dyn NewerReception>,
        client: Options,
        server: Options,
    ) -> Result<Link<dyn Reception>>;
    fn connect_over(&self, stream: Stream, options: Options) -> Result<Link<dyn Lab>>;
    fn accept_over(&self, stream: Stream, root: Arc<dyn Lab>, options: Options) -> Result<Connection>;
    fn spawn_peer(self: Arc<Self>, limits: &Limits) -> Result<Box<dyn ErasedPeer>>;
    fn raw_bytes(&self) -> Vec<RawBytes>;
    fn raw_client(&self, root: Arc<dyn Lab>, server: Options) -> Result<(Box<dyn RawEnd>, Connection)>;
    fn connect_to_raw(&self, bytes: Vec<u8>, options: Options) -> Result<Connection>;
}

/// A peer, with its harness.
pub(crate) trait ErasedPeer: Send + Sync {
    fn id(&self) -> u32;
    fn kill(&self);
    fn stop(&self);
    fn go_on(&self);
    fn connect(&self, options: Options) -> Result<Link<dyn Lab>>;
    fn connect_newer(&self, options: Options) -> Result<Link<dyn NewerLab>>;
    fn accept(&self, root: Arc<dyn Reception>, options: Options) -> Result<Accepted>;
    fn accept_newer(&self, root: Arc<dyn NewerReception>, options: Options) -> Result<Accepted>;
    fn raw_client(&self) -> Result<Box<dyn RawEnd>>;
}

impl<H: Harness> Erased for H {
    fn name(&self) -> &'static str {
        H::NAME
    }

    fn processes(&self) -> bool {
        H::PROCESSES
    }

    fn direct(&self) -> bool {
        H::DIRECT
    }

    fn pair(&self, root: Arc<dyn Lab>, client: Options, server: Options) -> Result<Link<dyn Lab>> {
        Harness::pair(self, root, client, server)
    }

    fn newer_pair(&self, root: Arc<dyn Lab>, client: Options, server: Options) -> Result<Link<dyn NewerLab>> {
        Harness::pair(self, root, client, server)
    }

    fn reception(&self, root: Arc<dyn Reception>, client: Options, server: Options) -> Result<Link<dyn Reception>> {
        Harness::pair(self, root, client, server)
    }

    fn newer_reception(
        &self,
        root: Arc<dyn NewerReception>,
        client: Options,
        server: Options,
    ) -> Result<Link<dyn Reception>> {
        Harness::pair(self, root, client, server)
    }

    fn connect_over(&self, stream: Stream, options: Options) -> Result<Link<dyn Lab>> {
        Harness::connect_over(self, stream, options)
    }

    fn accept_over(&self, stream: Stream, root: Arc<dyn Lab>, options: Options) -> Result<Connection> {
        Harness::accept_over(self, stream, root, options)
    }

    fn spawn_peer(self: Arc<Self>, limits: &Limits) -> Result<Box<dyn ErasedPeer>> {
        let peer = Harness::spawn_peer(&*self, limits)?;
        Ok(Box::new(PeerOf { harness: self, peer }))
    }

    fn raw_bytes(&self) -> Vec<RawBytes> {
        Harness::raw_bytes(self)
    }

    fn raw_client(&self, root: Arc<dyn Lab>, server: Options) -> Result<(Box<dyn RawEnd>, Connection)> {
        Harness::raw_client(self, root, server)
    }

    fn connect_to_raw(&self, bytes: Vec<u8>, options: Options) -> Result<Connection> {
        Harness::connect_to_raw::<dyn Lab>(self, bytes, options)
    }
}

struct PeerOf<H: Harness> {
    harness: Arc<H>,
    peer: H::Peer,
}

impl<H: Harness> ErasedPeer for PeerOf<H> {
    fn id(&self) -> u32 {
        self.harness.peer_id(&self.peer)
    }

    fn kill(&self) {
        self.harness.kill_peer(&self.peer);
    }

    fn stop(&self) {
        self.harness.stop_peer(&self.peer);
    }

    fn go_on(&self) {
        self.harness.continue_peer(&self.peer);
    }

    fn connect(&self, options: Options) -> Result<Link<dyn Lab>> {
        self.harness.connect(&self.peer, options)
    }

    fn connect_newer(&self, options: Options) -> Result<Link<dyn NewerLab>> {
        self.harness.connect(&self.peer, options)
    }

    fn accept(&self, root: Arc<dyn Reception>, options: Options) -> Result<Accepted> {
        self.harness.accept_from(&self.peer, root, options)
    }

    fn accept_newer(&self, root: Arc<dyn NewerReception>, options: Options) -> Result<Accepted> {
        self.harness.accept_from(&self.peer, root, options)
    }

    fn raw_client(&self) -> Result<Box<dyn RawEnd>> {
        self.harness.raw_client_of(&self.peer)
    }
}
