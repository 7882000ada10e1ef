//! A connected stream.

use std::{
    fmt, io,
    net::{Shutdown, SocketAddr},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixStream,
    },
    sync::Arc,
    thread,
};

use rustix::net::{AddressFamily, SocketType, getpeername, getsockname, sockopt};

use super::{Peer, credentials, unreachable};
use crate::Result;

/// A connected stream socket: unix or TCP, in blocking mode, closed on exec.
///
/// For transport authors: all methods take `&self`, so one thread can receive while others send. A descriptor's mode
/// belongs to all its copies, also to those in other processes, so this type never changes it for one call: what must
/// not block asks so with each call ([`try_recv`](Self::try_recv), [`try_send`](Self::try_send)). TCP sends without
/// delay: a transport gathers what belongs together itself.
pub struct Stream {
    /// Shared with the thread that reaps the peer, if that is a child: it ends the stream then.
    fd: Arc<OwnedFd>,
    peer: Peer,
}

impl Stream {
    /// Two streams connected to each other, over a unix socket pair.
    ///
    /// # Errors
    /// `Disconnected`, if there are no descriptors left.
    pub fn pair() -> Result<(Self, Self)> {
        let (a, b) = UnixStream::pair().map_err(|e| unreachable("no socket pair", e))?;
        Ok((Self::from_fd(a.into())?, Self::from_fd(b.into())?))
    }

    /// A stream over a descriptor from elsewhere, which is put into blocking mode and closed on exec from now on.
    ///
    /// # Errors
    /// `Disconnected`, if it is no connected stream socket, unix or TCP.
    pub fn from_fd(fd: OwnedFd) -> Result<Self> {
        Self::checked(fd).map_err(|e| unreachable("the descriptor is no connected stream socket", e))
    }

    /// The same stream once more: what one receives the other does not.
    ///
    /// # Errors
    /// The operating system's, if there are no descriptors left.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self::new(self.fd.try_clone()?, self.peer.clone()))
    }

    /// Ends the stream in one direction or both, for all its copies. A blocked receive or send returns.
    ///
    /// # Errors
    /// The operating system's. That the peer is gone already is none.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        let how = match how {
            Shutdown::Read => rustix::net::Shutdown::Read,
            Shutdown::Write => rustix::net::Shutdown::Write,
            Shutdown::Both => rustix::net::Shutdown::Both,
        };
        shutdown(&self.fd, how)
    }

    /// Who is at the other end.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Whether this is a TCP stream; if not it is a unix one.
    pub fn is_tcp(&self) -> bool {
        matches!(self.peer, Peer::Internet(_))
    }

    /// The same stream, with something better known about its peer.
    pub(crate) fn with_peer(self, peer: Peer) -> Self {
        Self::new(self.into(), peer)
    }

    fn new(fd: OwnedFd, peer: Peer) -> Self {
        let fd = Arc::new(fd);
        if let Peer::Child(exit) = &peer {
            exit.ends(&fd);
        }
        Self { fd, peer }
    }

    pub(super) fn checked(fd: OwnedFd) -> io::Result<Self> {
        if sockopt::socket_type(&fd)? != SocketType::STREAM {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a socket of another type"));
        }
        let peer_address = getpeername(&fd)?;
        let peer = match getsockname(&fd)?.address_family() {
            AddressFamily::UNIX => Peer::of_unix(credentials::of_peer(&fd).ok()),
            AddressFamily::INET | AddressFamily::INET6 => {
                sockopt::set_tcp_nodelay(&fd, true)?;
                let address = peer_address.and_then(|address| SocketAddr::try_from(address).ok());
                Peer::Internet(address.ok_or(io::ErrorKind::NotConnected)?)
            }
            _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a socket of another family")),
        };
        // Apple has no flag for a single send: without this, one to a gone peer would kill the process.
        #[cfg(target_vendor = "apple")]
        sockopt::set_socket_nosigpipe(&fd, true)?;
        rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::CLOEXEC)?;
        rustix::io::ioctl_fionbio(&fd, false)?;
        Ok(Self::new(fd, peer))
    }
}

/// Ends a stream for all who have it. That it has ended already is no error.
pub(crate) fn shutdown(stream: impl AsFd, how: rustix::net::Shutdown) -> io::Result<()> {
    match rustix::net::shutdown(stream, how) {
        Err(rustix::io::Errno::NOTCONN) => Ok(()),
        done => done.map_err(io::Error::from),
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<Stream> for OwnedFd {
    fn from(stream: Stream) -> Self {
        let mut shared = stream.fd;
        loop {
            match Arc::try_unwrap(shared) {
                Ok(fd) => return fd,
                // Whoever reaps the peer has it for the moment that it takes to shut it down.
                Err(still_shared) => shared = still_shared,
            }
            thread::yield_now();
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("fd", &self.fd).field("peer", &format_args!("{}", self.peer)).finish()
    }
}
