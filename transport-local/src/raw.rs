//! An end that is bytes: for tests of what a peer that breaks the protocol can do.
//!
//! The bytes are frames in bincode's serde encoding, one after the other, as a transport over a stream might have them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use bincode::config::standard;
use ipc_core::{
    Connected, Connection, Exception, ExceptionKind, Interface, Options, Result,
    session::{End, Frame, Mover},
};

use crate::{
    PEER,
    encoding::{Bincode, FRAME_BYTES},
    moved::LocalEnd,
};

/// The other side of an end, as bytes.
#[derive(Debug)]
pub struct RawEnd(Arc<Sink>);

/// Takes what the end sends, and forgets it.
#[derive(Debug, Default)]
struct Sink {
    end: OnceLock<Weak<LocalEnd>>,
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Seen {
    greeted: bool,
    closed: bool,
}

#[derive(Debug)]
struct SinkMover(Arc<Sink>);

impl Mover for SinkMover {
    fn wake(&self) {
        let Some(end) = self.0.end.get().and_then(Weak::upgrade) else { return };
        let closed = end.outbox().is_closed();
        let mut greeted = false;
        for frame in end.outbox().take_all() {
            greeted |= matches!(frame, Frame::Hello(_));
            end.outbox().written(frame.weight());
        }
        let mut seen = self.0.seen();
        seen.greeted |= greeted;
        seen.closed |= closed;
        self.0.changed.notify_all();
    }
}

impl Sink {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A frame as bytes.
///
/// # Panics
///
/// Never: all frames can be encoded.
pub fn encode(frame: &Frame) -> Vec<u8> {
    bincode::serde::encode_to_vec(frame, standard()).expect("a frame can be encoded")
}

/// A client that is bytes, of a server with this root.
pub fn client_of<I: Interface + ?Sized>(root: &Arc<I>, options: Options) -> (RawEnd, Connection) {
    let sink = Arc::<Sink>::default();
    let (_, connection) = End::server(Bincode, PEER.into(), root, options, |end| attach(&sink, end));
    (RawEnd(sink), connection)
}

/// Connects to a server that sends these bytes.
///
/// # Errors
///
/// As for [`Transport::connect`](ipc_core::Transport::connect).
pub fn connect_to<I: Interface + ?Sized>(bytes: Vec<u8>, options: Options) -> Result<Connected<I>> {
    let sink = Arc::<Sink>::default();
    let end = End::client(Bincode, PEER.into(), options, |end| attach(&sink, end));
    let server = std::thread::spawn(move || {
        let server = RawEnd(sink);
        // What comes before it is asked for is a breach, too, but not the one that is meant.
        server.wait_for(|state| state.greeted);
        server.send(&bytes);
        server.wait_closed();
    });
    let connected = end.connect();
    drop(end);
    drop(server);
    connected
}

fn attach(sink: &Arc<Sink>, end: &Weak<LocalEnd>) -> SinkMover {
    let _ = sink.end.set(end.clone());
    SinkMover(sink.clone())
}

impl RawEnd {
    /// Gives the end frames, up to the first that is none.
    pub fn send(&self, mut bytes: &[u8]) {
        let Some(end) = self.0.end.get().and_then(Weak::upgrade) else { return };
        while !bytes.is_empty() {
            let config = standard().with_limit::<FRAME_BYTES>();
            match bincode::serde::decode_from_slice::<Frame, _>(bytes, config) {
                Ok((frame, used)) => {
                    end.receive(frame).run();
                    bytes = &bytes[used..];
                }
                Err(error) => {
                    end.lose(Exception::new(ExceptionKind::Protocol, format!("expected a frame: {error}")));
                    return;
                }
            }
        }
    }

    /// Waits until the end has closed the connection.
    pub fn wait_closed(&self) {
        self.wait_for(|seen| seen.closed);
    }

    fn wait_for(&self, done: impl Fn(&Seen) -> bool) {
        let mut seen = self.0.seen();
        while !done(&seen) {
            seen = self.0.changed.wait(seen).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for RawEnd {
    fn drop(&mut self) {
        if let Some(end) = self.0.end.get().and_then(Weak::upgrade) {
            end.lose(Exception::new(ExceptionKind::Disconnected, "the peer is gone"));
        }
    }
}
