//! The session on one stream: frames out of the end's outbox, and frames into it.

pub(crate) mod client;
mod line;
mod outgoing;
mod reader;

use ipc_core::{
    Options, Stream,
    session::{self, frame},
};

pub(crate) use line::{Line, Wakeup};
pub(crate) use outgoing::Outgoing;
pub(crate) use reader::{disconnected, lose, read, told};

use crate::{codec::Protobuf, frames};

/// An end of a session.
pub(crate) type End = session::End<Protobuf>;

/// The path of the one method.
pub(crate) const OPEN: &str = "/ipc.Session/Open";

/// The largest envelope: a chunk, or a frame that is cut into none, and what stands around them.
pub(crate) const ENVELOPE_BYTES: usize = frames::CHUNK + 1024;

/// How long a closed connection may take to say good-bye to a peer that does not listen.
pub(crate) const LINGER: std::time::Duration = std::time::Duration::from_secs(2);

/// How long an end of the connection waits for that of the peer's process, to say how it ended.
const EXIT_PATIENCE: std::time::Duration = std::time::Duration::from_millis(100);

const _: () = assert!(frame::VERSION == 1, "PROTOCOL.md describes version 1");

/// The options, with what the stream knows of its peer's process.
pub(crate) fn with_exit(stream: &Stream, mut options: Options) -> Options {
    let (peer, given) = (stream.peer().clone(), options.peer_exit.take());
    options.peer_exit = Some(std::sync::Arc::new(move || {
        peer.exit_note(EXIT_PATIENCE).or_else(|| given.as_ref().and_then(|exit| exit()))
    }));
    options
}
