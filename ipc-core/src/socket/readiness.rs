//! Waiting for a socket.

use std::{
    io,
    os::fd::AsFd,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

use super::Stream;

/// What a socket is asked for, or what it is ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Readiness {
    /// A receive does not block: there are bytes, the end of the stream, or an error.
    pub readable: bool,
    /// A send does not block: there is room, or an error.
    pub writable: bool,
}

impl Readiness {
    /// Ready to receive.
    pub const READABLE: Self = Self { readable: true, writable: false };
    /// Ready to send.
    pub const WRITABLE: Self = Self { readable: false, writable: true };
    /// Ready for either.
    pub const BOTH: Self = Self { readable: true, writable: true };

    /// Whether there is neither: the time is over.
    pub const fn is_none(self) -> bool {
        !self.readable && !self.writable
    }

    fn events(self) -> PollFlags {
        let mut events = PollFlags::empty();
        events.set(PollFlags::IN, self.readable);
        events.set(PollFlags::OUT, self.writable);
        events
    }
}

impl Stream {
    /// Waits until the stream is ready for some of what is asked for; answers with what that is, nothing if `timeout`
    /// is over first. `None` waits for ever. A stream that failed or was hung up is ready for all that is asked for.
    ///
    /// # Errors
    /// The operating system's; a signal is none.
    pub fn wait(&self, wanted: Readiness, timeout: Option<Duration>) -> io::Result<Readiness> {
        let mut fds = [PollFd::new(self, wanted.events())];
        poll_until(&mut fds, timeout.map(deadline_in).unwrap_or(None))?;
        let found = fds[0].revents();
        let failed = found.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
        Ok(Readiness {
            readable: wanted.readable && (failed || found.contains(PollFlags::IN)),
            writable: wanted.writable && (failed || found.contains(PollFlags::OUT)),
        })
    }

    /// Waits until a receive does not block; `false` if `timeout` is over first. `None` waits for ever.
    ///
    /// # Errors
    /// As for [`wait`](Self::wait).
    pub fn wait_readable(&self, timeout: Option<Duration>) -> io::Result<bool> {
        Ok(self.wait(Readiness::READABLE, timeout)?.readable)
    }
}

/// Waits until one of the descriptors can be read or has failed, or until the deadline; says which.
pub(super) fn wait_any<const N: usize>(fds: [&dyn AsFd; N], deadline: Option<Instant>) -> io::Result<[bool; N]> {
    let mut polled = fds.map(|fd| PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::IN));
    poll_until(&mut polled, deadline)?;
    Ok(polled.map(|fd| !fd.revents().is_empty()))
}

/// The moment when a timeout ends; `None`, which is never, if that is beyond all clocks.
pub(super) fn deadline_in(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}

fn poll_until(fds: &mut [PollFd<'_>], deadline: Option<Instant>) -> io::Result<()> {
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        // One that is too long for the kernel is as good as none.
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(fds, left.as_ref()) {
            Err(Errno::INTR) => {}
            done => return done.map(drop).map_err(io::Error::from),
        }
    }
}
