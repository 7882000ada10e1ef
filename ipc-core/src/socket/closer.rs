//! Ending a blocked accept from another thread.

use std::{
    io,
    net::Shutdown,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    sync::Arc,
};

/// Closes a [`Listener`](super::Listener) from any thread; see [`Listener::closer`](super::Listener::closer).
///
/// Cheap to clone. The listener's descriptor and socket file stay until the listener is dropped.
#[derive(Clone, Debug)]
pub struct Closer {
    // A stream that ended stays readable for ever and for every thread, which no counter or message does.
    ends: Arc<(UnixStream, UnixStream)>,
}

impl Closer {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { ends: Arc::new(UnixStream::pair()?) })
    }

    /// From now on, and for good, each accept of the listener returns that it is closed, also those that wait.
    pub fn close(&self) {
        // It can only fail with ENOTCONN, on a pair that is shut down already.
        let _ = self.ends.0.shutdown(Shutdown::Both);
    }
}

impl AsFd for Closer {
    /// Becomes readable when the listener is closed.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ends.1.as_fd()
    }
}
