//! Who is at the other end of a unix socket.
//!
//! Through `nix`, not `rustix`: the latter has it on Linux only, and takes a process id of 0 for impossible, although the
//! kernel gives just that for a peer in another pid namespace.

use std::{io, os::fd::AsFd};

use nix::sys::socket::getsockopt;

/// The peer's process and user as they were when the connection was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Credentials {
    /// Unknown where the platform does not tell, and for a peer in another pid namespace.
    pub(super) pid: Option<u32>,
    /// The effective user id.
    pub(super) uid: u32,
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn of_peer(socket: impl AsFd) -> io::Result<Credentials> {
    let found = getsockopt(&socket, nix::sys::socket::sockopt::PeerCredentials)?;
    Ok(Credentials { pid: u32::try_from(found.pid()).ok().filter(|pid| *pid != 0), uid: found.uid() })
}

#[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "dragonfly"))]
pub(super) fn of_peer(socket: impl AsFd) -> io::Result<Credentials> {
    let found = getsockopt(&socket, nix::sys::socket::sockopt::LocalPeerCred)?;
    Ok(Credentials { pid: None, uid: found.uid() })
}
