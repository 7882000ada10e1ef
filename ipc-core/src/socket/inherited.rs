//! Descriptors that this process was born with.
//!
//! One of the few files with unsafe code. What must hold is the rule of I/O safety: a descriptor has one owner.
#![allow(unsafe_code)]

use std::{
    collections::BTreeSet,
    io,
    os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd},
    sync::{Mutex, PoisonError},
};

use rustix::{
    io::{FdFlags, fcntl_getfd, fcntl_setfd},
    net::{SocketType, sockopt::socket_type},
};

/// Every number that was ever adopted. One that was closed since may by now be somebody else's descriptor.
static ADOPTED: Mutex<BTreeSet<RawFd>> = Mutex::new(BTreeSet::new());

/// Takes ownership of an inherited stream socket by its number. From now on it closes on exec.
///
/// # Errors
/// `InvalidInput` if the number is a standard stream's, was adopted before, belongs to a descriptor that was opened in
/// this process, or to no stream socket; else the operating system's, mostly that there is no such descriptor. The
/// descriptor then stays as it was.
pub(crate) fn adopt(number: RawFd) -> io::Result<OwnedFd> {
    let refuse = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("descriptor {number} {why}"));
    let mut adopted = ADOPTED.lock().unwrap_or_else(PoisonError::into_inner);
    if number <= 2 {
        return Err(refuse("is no socket but a standard stream"));
    }
    if adopted.contains(&number) {
        return Err(refuse("was taken already"));
    }

    // SAFETY: it is not -1. It may name no open descriptor; the borrow only goes to system calls that change nothing and
    // then answer EBADF, and nobody closes an inherited descriptor meanwhile since nobody owns one before it is adopted.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    let flags = fcntl_getfd(borrowed).map_err(|_| refuse("is not open: it was not inherited"))?;
    // What survived an exec has this flag clear; what std, rustix and we open has it set. It also tells apart a number
    // that was inherited once, closed, and given out again.
    if flags.contains(FdFlags::CLOEXEC) {
        return Err(refuse("was not inherited but opened in this process"));
    }
    if socket_type(borrowed).map_err(|_| refuse("is no socket"))? != SocketType::STREAM {
        return Err(refuse("is a socket of another type than a stream"));
    }
    fcntl_setfd(borrowed, flags | FdFlags::CLOEXEC)?;

    // SAFETY: the descriptor is open. It has no other owner: std, rustix and this crate set close-on-exec on all that
    // they own, and this one did not have it, so it was there when the program began; the standard streams are excluded;
    // and of all calls of this function only this one gets here with this number, by the registry under its lock.
    let owned = unsafe { OwnedFd::from_raw_fd(number) };
    adopted.insert(number);
    Ok(owned)
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        net::UdpSocket,
        os::{
            fd::{AsRawFd, IntoRawFd},
            unix::net::UnixStream,
        },
        sync::atomic::{AtomicI32, Ordering},
    };

    use rustix::io::fcntl_dupfd_cloexec;

    use super::*;

    /// A descriptor as it is after an exec: without an owner, and not closed on exec. Its number was never adopted.
    fn inherited(of: impl Into<OwnedFd>) -> RawFd {
        static NEXT: AtomicI32 = AtomicI32::new(500);
        let fd = fcntl_dupfd_cloexec(of.into(), NEXT.fetch_add(1, Ordering::Relaxed)).unwrap();
        fcntl_setfd(&fd, FdFlags::empty()).unwrap();
        fd.into_raw_fd()
    }

    fn message(number: RawFd) -> String {
        adopt(number).unwrap_err().to_string()
    }

    #[test]
    fn a_descriptor_is_adopted_once() {
        let (a, _b) = UnixStream::pair().unwrap();
        let number = inherited(a);
        let owned = adopt(number).unwrap();
        assert_eq!(owned.as_raw_fd(), number);
        assert!(fcntl_getfd(&owned).unwrap().contains(FdFlags::CLOEXEC));
        assert!(message(number).contains("was taken already"));
        drop(owned);
        assert!(message(number).contains("was taken already"));
    }

    #[test]
    fn what_this_process_owns_is_not_adopted() {
        let (a, _b) = UnixStream::pair().unwrap();
        assert!(message(a.as_raw_fd()).contains("opened in this process"));
        assert!(message(-1).contains("standard stream"));
        assert!(message(2).contains("standard stream"));
    }

    #[test]
    fn what_is_no_open_stream_socket_is_not_adopted() {
        assert!(message(RawFd::MAX).contains("is not open"));
        assert!(message(inherited(File::open("/dev/null").unwrap())).contains("is no socket"));
        assert!(message(inherited(UdpSocket::bind("127.0.0.1:0").unwrap())).contains("another type"));
    }
}
