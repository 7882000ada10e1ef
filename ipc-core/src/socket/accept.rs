//! From a listening socket to a stream, whatever comes in between.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    sync::{MutexGuard, PoisonError},
    time::Duration,
};

use rustix::{
    io::Errno,
    net::{Shutdown, shutdown},
};

use super::{
    Listener, Peer, Stream,
    listener::reserve,
    open,
    readiness::{deadline_in, wait_any},
    unreachable,
};
use crate::{Exception, ExceptionKind, Result};

/// Between two tries when there are no descriptors: doubled each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Listener {
    /// The next stream; waits for it. Any number of threads can wait at once.
    ///
    /// A peer that may not connect is closed, with a warning in the trace, and so is one whose user can't be told.
    /// Without descriptors or memory for another stream it tries again after a pause of 10 ms to 1 s: the peers stay in
    /// the backlog. After the longest pause it ends one of them and begins anew, so that none waits for ever.
    ///
    /// # Errors
    /// `Cancelled` once the listener is [closed](Self::close). Any other is the operating system's and final.
    pub fn accept(&self) -> Result<Stream> {
        let mut pause = FIRST_PAUSE;
        loop {
            self.wait_for_connection()?;
            match open::accept(self.fd.as_fd()) {
                Ok(fd) => match self.admit(fd) {
                    Some(stream) => return Ok(stream),
                    None => pause = FIRST_PAUSE,
                },
                Err(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS) => {
                    pause = self.sit_out(pause)?;
                }
                Err(e) if is_one_connection(e) => {}
                Err(e) => return Err(unreachable(format!("cannot accept at {}", self.address()), e)),
            }
        }
    }

    fn wait_for_connection(&self) -> Result<()> {
        let [closed, _] = wait_any([&self.closer(), &self.fd], None).map_err(|e| unreachable("cannot poll", e))?;
        if closed { Err(self.closed()) } else { Ok(()) }
    }

    /// The stream, if its peer may connect.
    fn admit(&self, fd: OwnedFd) -> Option<Stream> {
        let listener = self.address();
        let stream = match Stream::checked(fd) {
            Ok(stream) => stream,
            Err(error) => {
                tracing::debug!(target: "ipc", %listener, %error, "a peer was gone before it was accepted");
                return None;
            }
        };
        let uid = match stream.peer() {
            Peer::Internet(_) => return Some(stream),
            Peer::Process { uid, .. } => Some(*uid),
            _ => None,
        };
        if !self.users.admit(uid) {
            tracing::warn!(target: "ipc", %listener, peer = %stream.peer(), "refused a peer of another user");
            return None;
        }
        Some(stream)
    }

    /// Waits out a shortage; says how long to wait the next time. Nothing tells when it is over, but being closed ends
    /// the wait.
    fn sit_out(&self, pause: Duration) -> Result<Duration> {
        if pause == FIRST_PAUSE {
            tracing::warn!(target: "ipc", listener = %self.address(), "no descriptor or memory for another connection");
        }
        let [closed] = wait_any([&self.closer()], deadline_in(pause)).map_err(|e| unreachable("cannot poll", e))?;
        if closed {
            return Err(self.closed());
        }
        // Whoever waits after the one that was closed gets the full time.
        if pause == LONGEST_PAUSE && self.shed() {
            return Ok(FIRST_PAUSE);
        }
        Ok((pause * 2).min(LONGEST_PAUSE))
    }

    /// Ends one waiting connection, in the place of the reserved descriptor; `false` if that did not help.
    fn shed(&self) -> bool {
        let mut spare = self.spare();
        if spare.take().is_none() {
            *spare = reserve(&self.fd).ok();
            return false;
        }
        match open::accept(self.fd.as_fd()) {
            Ok(fd) => {
                tracing::warn!(target: "ipc", listener = %self.address(), "ended a connection that waited for a descriptor");
                // Shut down, not closed: so it holds the place, which another thread could take in between.
                let _ = shutdown(&fd, Shutdown::Both);
                *spare = Some(fd);
                true
            }
            Err(_) => {
                *spare = reserve(&self.fd).ok();
                false
            }
        }
    }

    fn spare(&self) -> MutexGuard<'_, Option<OwnedFd>> {
        self.reserve.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn closed(&self) -> Exception {
        Exception::new(ExceptionKind::Cancelled, format!("the listener at {} is closed", self.address()))
    }
}

/// Whether an error of accept tells about one connection, which is then gone, and not about the listener. Linux passes
/// on the network errors of the connection that it takes, see accept(2).
fn is_one_connection(error: Errno) -> bool {
    let io_kind = io::Error::from(error).kind();
    matches!(io_kind, io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted)
        || [
            Errno::NETDOWN,
            Errno::PROTO,
            Errno::NOPROTOOPT,
            Errno::HOSTDOWN,
            Errno::HOSTUNREACH,
            Errno::NETUNREACH,
            Errno::OPNOTSUPP,
            Errno::CONNRESET,
            Errno::TIMEDOUT,
        ]
        .contains(&error)
}
