//! New socket descriptors: they close on exec, on each platform by the means that it has.

use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::{
    io,
    net::{AddressFamily, SocketType},
};

/// A unix stream socket that never blocks.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn unix_nonblocking() -> io::Result<OwnedFd> {
    use rustix::net::{SocketFlags, socket_with};
    socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)
}

/// A unix stream socket that never blocks. A fork by another thread may see it for a moment before it closes on exec.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn unix_nonblocking() -> io::Result<OwnedFd> {
    let fd = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    io::fcntl_setfd(&fd, io::FdFlags::CLOEXEC)?;
    io::ioctl_fionbio(&fd, true)?;
    Ok(fd)
}

/// The next connection of a listening socket, in blocking mode.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn accept(listening: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    rustix::net::accept_with(listening, rustix::net::SocketFlags::CLOEXEC)
}

/// The next connection of a listening socket, in blocking mode: here it inherits the listener's mode.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn accept(listening: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let fd = rustix::net::accept(listening)?;
    io::fcntl_setfd(&fd, io::FdFlags::CLOEXEC)?;
    io::ioctl_fionbio(&fd, false)?;
    Ok(fd)
}
