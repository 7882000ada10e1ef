//! Sockets: connected [`Stream`]s, and the [`Listener`]s that they come from.
//!
//! Every descriptor made here closes on exec. Nothing here polls on a timer, except that a listener which ran out of
//! descriptors tries again after a pause, since nothing tells when there are some again.

mod accept;
mod bind;
mod claim;
mod closer;
mod connect;
mod credentials;
mod directory;
mod inherited;
mod listener;
mod open;
mod options;
mod peer;
mod readiness;
mod stream;
mod transfer;
mod unix_path;

use std::io;

use crate::{Exception, ExceptionKind};

pub use closer::Closer;
pub(crate) use inherited::adopt;
pub use listener::Listener;
pub use options::BindOptions;
pub use peer::Peer;
pub use readiness::Readiness;
pub use stream::Stream;
pub(crate) use stream::shutdown;

/// No connection can be had. The cause stays the source, so that a caller can tell a missing socket from a forbidden one.
fn unreachable(message: impl Into<String>, cause: impl Into<io::Error>) -> Exception {
    let cause = cause.into();
    Exception::new(ExceptionKind::Disconnected, format!("{}: {cause}", message.into())).with_source(cause)
}

/// The same for a cause that we found ourselves: the message says it all.
fn refused(kind: io::ErrorKind, message: impl Into<String>) -> Exception {
    let message = message.into();
    Exception::new(ExceptionKind::Disconnected, message.clone()).with_source(io::Error::new(kind, message))
}

/// The address names nothing that a socket can be made of.
fn unsupported(message: impl Into<String>) -> Exception {
    Exception::new(ExceptionKind::Unimplemented, message)
}
