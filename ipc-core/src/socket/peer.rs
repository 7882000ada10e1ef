//! What is known of the other end of a stream.

use std::{fmt, net::SocketAddr, time::Duration};

use super::credentials::Credentials;
use crate::process::ExitWatch;

/// The other end of a [`Stream`](super::Stream). `Display` is meant for traces and messages.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Peer {
    /// A process at the other end of a unix socket, as it was when the connection was made. For a socket pair that is
    /// the process which made the pair.
    Process {
        /// Its process id, where the platform tells and the process is in a pid namespace that we see.
        pid: Option<u32>,
        /// Its effective user id.
        uid: u32,
    },
    /// A process that this one spawned.
    Child(ExitWatch),
    /// A TCP socket.
    Internet(SocketAddr),
    /// A unix socket whose platform tells nothing about its peer.
    Unknown,
}

impl Peer {
    /// For a process that this one spawned and that is dead: a sentence that says how it ended.
    ///
    /// The end of a stream is seen a moment before the process is reaped; this waits for that, at most `patience`.
    /// `None` for any other peer, and for a child that still runs.
    pub fn exit_note(&self, patience: Duration) -> Option<String> {
        match self {
            Self::Child(exit) => exit.note(patience),
            _ => None,
        }
    }

    pub(super) fn of_unix(credentials: Option<Credentials>) -> Self {
        match credentials {
            Some(Credentials { pid, uid }) => Self::Process { pid, uid },
            None => Self::Unknown,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { pid: Some(pid), uid } => write!(f, "pid {pid} of uid {uid}"),
            Self::Process { pid: None, uid } => write!(f, "a process of uid {uid}"),
            Self::Child(exit) => write!(f, "{} (pid {})", exit.program(), exit.id()),
            Self::Internet(address) => address.fmt(f),
            Self::Unknown => f.write_str("an unknown process"),
        }
    }
}
