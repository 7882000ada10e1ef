//! Connections whose roles are swapped: the side that made one hands over what it serves, and the side that accepted it calls.

use std::sync::{
    Arc, Mutex, PoisonError,
    mpsc::{Receiver, Sender, channel},
};

use ipc_core::{Connection, Exception, ExceptionKind, Options, Result};

use crate::{
    erased::{Erased, ErasedPeer},
    harness::{Accepted, Link},
    interfaces::{Lab, NewerLab, NewerReception, Reception},
};

/// A connection, as the side has it that accepted it and calls; and the end of the side that serves.
pub(crate) fn pair(
    harness: &dyn Erased,
    lab: Arc<dyn Lab>,
    client: Options,
    server: Options,
) -> Result<(Link<dyn Lab>, Connection)> {
    let (met, meets) = meeting();
    // Whoever serves is the one that makes the connection.
    let link = harness.reception(met, server, client)?;
    turned(link, lab, &meets)
}

/// A connection that a peer made, in which it serves.
pub(crate) fn from_peer(peer: &dyn ErasedPeer, options: Options) -> Result<Link<dyn Lab>> {
    let (met, meets) = meeting();
    met_by(peer.accept(met, options)?, &meets)
}

/// The same for a side that expects a newer program.
pub(crate) fn newer_from_peer(peer: &dyn ErasedPeer, options: Options) -> Result<Link<dyn NewerLab>> {
    let (met, meets) = meeting();
    met_by(peer.accept_newer(met, options)?, &meets)
}

fn met_by<I: ?Sized>(accepted: Accepted, meets: &Receiver<Arc<I>>) -> Result<Link<I>> {
    let nobody = |_| Exception::new(ExceptionKind::Protocol, "the peer has handed over no root");
    let root = meets.recv().map_err(nobody)?;
    Ok(Link { root, connection: accepted.connection, server: None, cut: accepted.cut })
}

/// As [`pair`], for a side that expects a newer program.
pub(crate) fn newer_pair(
    harness: &dyn Erased,
    lab: Arc<dyn Lab>,
    client: Options,
    server: Options,
) -> Result<(Link<dyn NewerLab>, Connection)> {
    let (met, meets) = meeting();
    let link = harness.newer_reception(met, server, client)?;
    turned(link, lab, &meets)
}

fn turned<I: ?Sized>(
    link: Link<dyn Reception>,
    lab: Arc<dyn Lab>,
    meets: &Receiver<Arc<I>>,
) -> Result<(Link<I>, Connection)> {
    link.root.meet(lab)?;
    let missing = || Exception::new(ExceptionKind::Protocol, "the server's end is not here");
    let root = meets.recv().map_err(|_| missing())?;
    let connection = link.server.ok_or_else(missing)?;
    // Kept by the side that serves, so that what that holds stays the same.
    let reception = link.root;
    link.connection.on_disconnect(move |_| drop(reception));
    Ok((Link { root, connection, server: None, cut: link.cut }, link.connection))
}

/// Takes the root that it is handed, once.
struct Meeting<I: ?Sized>(Mutex<Option<Sender<Arc<I>>>>);

fn meeting<I: ?Sized>() -> (Arc<Meeting<I>>, Receiver<Arc<I>>) {
    let (met, meets) = channel();
    (Arc::new(Meeting(Mutex::new(Some(met)))), meets)
}

impl<I: ?Sized> Meeting<I> {
    fn take(&self, root: Arc<I>) -> Result<()> {
        let met = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        met.and_then(|met| met.send(root).ok())
            .ok_or_else(|| Exception::new(ExceptionKind::Protocol, "the roles are swapped already"))
    }
}

impl Reception for Meeting<dyn Lab> {
    fn meet(&self, root: Arc<dyn Lab>) -> Result<()> {
        self.take(root)
    }
}

impl NewerReception for Meeting<dyn NewerLab> {
    fn meet(&self, root: Arc<dyn NewerLab>) -> Result<()> {
        self.take(root)
    }
}
