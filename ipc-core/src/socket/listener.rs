//! A listening socket.

use std::{
    fmt, io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::Mutex,
};

use super::{BindOptions, Closer, claim::Claim, options::Users, unreachable};
use crate::{Address, Result};

/// A socket that streams come from: unix or TCP.
///
/// A unix socket's file goes when its listener is dropped, unless another took its place.
pub struct Listener {
    pub(super) fd: OwnedFd,
    pub(super) users: Users,
    /// A descriptor to give up when there are no others, see [`accept`](Self::accept).
    pub(super) reserve: Mutex<Option<OwnedFd>>,
    address: Address,
    closer: Closer,
    _claim: Option<Claim>,
}

impl Listener {
    /// Where this listens: as it was bound, without its scheme, with a complete path or the real port.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Makes each accept return that the listener is closed, for good. Connections that wait are closed with the
    /// listener's drop.
    pub fn close(&self) {
        self.closer.close();
    }

    /// A handle that [closes](Self::close) this listener from elsewhere.
    pub fn closer(&self) -> Closer {
        self.closer.clone()
    }

    pub(super) fn new(fd: OwnedFd, address: Address, claim: Option<Claim>, options: &BindOptions) -> Result<Self> {
        let closer = Closer::new().map_err(|e| unreachable("no socket pair", e))?;
        let reserve = Mutex::new(Some(reserve(&fd).map_err(|e| unreachable("no descriptor to spare", e))?));
        Ok(Self { fd, users: options.users, reserve, address, closer, _claim: claim })
    }
}

impl AsFd for Listener {
    /// Readable when a connection waits. It never blocks.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("address", &format_args!("{}", self.address)).finish_non_exhaustive()
    }
}

/// Any descriptor will do, it only holds a place in the table.
pub(super) fn reserve(any: impl AsFd) -> io::Result<OwnedFd> {
    Ok(rustix::io::fcntl_dupfd_cloexec(any, 3)?)
}
