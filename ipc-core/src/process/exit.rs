//! How a child ended, for all who want to know.

use std::{
    fmt, io,
    os::{fd::OwnedFd, unix::process::ExitStatusExt},
    process::ExitStatus,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use rustix::{
    net::Shutdown,
    process::{Pid, Signal, kill_process},
};

use crate::socket;

/// Tells how a child process ended. Cheap to clone, and outlives its [`Process`](super::Process).
#[derive(Clone)]
pub struct ExitWatch(Arc<Shared>);

struct Shared {
    program: String,
    pid: u32,
    state: Mutex<State>,
    changed: Condvar,
    /// To be ended with the child.
    streams: Mutex<Vec<Weak<OwnedFd>>>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Not reaped: the process id is this child's.
    Running,
    Exited(ExitStatus),
    /// Somebody else reaped it.
    Lost,
}

impl ExitWatch {
    /// The program's name as it was spawned.
    pub fn program(&self) -> &str {
        &self.0.program
    }

    /// The child's process id. It may be another process's once the child has ended.
    pub fn id(&self) -> u32 {
        self.0.pid
    }

    /// How the child ended; `None` while it runs, and if that is lost.
    pub fn status(&self) -> Option<ExitStatus> {
        self.wait_timeout(Duration::ZERO).ok().flatten()
    }

    /// A sentence about how the child ended, such as `the process node (pid 71) exited with status 3`; `None` if it still
    /// runs. A stream's end is seen a moment before the child is reaped: this waits for that, at most `patience`.
    pub fn note(&self, patience: Duration) -> Option<String> {
        let how = match self.wait_state(Some(patience)) {
            State::Running => return None,
            State::Exited(status) => match (status.code(), status.signal()) {
                (Some(code), _) => format!("exited with status {code}"),
                (None, Some(signal)) => format!("was killed by signal {signal}"),
                (None, None) => format!("ended: {status}"),
            },
            State::Lost => "ended, and somebody else has taken its exit status".into(),
        };
        Some(format!("the process {} (pid {}) {how}", self.0.program, self.0.pid))
    }

    pub(super) fn new(program: String, pid: u32) -> Self {
        let (state, changed, streams) = (Mutex::new(State::Running), Condvar::new(), Mutex::default());
        Self(Arc::new(Shared { program, pid, state, changed, streams }))
    }

    /// The child's end is that of this stream too, whoever else has the other end of it. What has come over it can still be
    /// read.
    pub(crate) fn ends(&self, stream: &Arc<OwnedFd>) {
        let mut streams = self.streams();
        streams.retain(|known| known.strong_count() > 0);
        streams.push(Arc::downgrade(stream));
        drop(streams);
        // It may have ended meanwhile.
        if !matches!(*self.state(), State::Running) {
            self.end_streams();
        }
    }

    fn end_streams(&self) {
        let streams = std::mem::take(&mut *self.streams());
        for stream in streams.iter().filter_map(Weak::upgrade) {
            if let Err(error) = socket::shutdown(&*stream, Shutdown::Both) {
                tracing::warn!(target: "ipc", pid = self.0.pid, %error, "cannot end the stream of a child that ended");
            }
        }
    }

    fn streams(&self) -> MutexGuard<'_, Vec<Weak<OwnedFd>>> {
        self.0.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wait(&self) -> io::Result<ExitStatus> {
        // Without a limit it does not come back while the child runs.
        self.wait_state(None).outcome().and_then(|status| status.ok_or_else(|| io::ErrorKind::TimedOut.into()))
    }

    pub(super) fn wait_timeout(&self, timeout: Duration) -> io::Result<Option<ExitStatus>> {
        self.wait_state(Some(timeout)).outcome()
    }

    pub(super) fn kill(&self) -> io::Result<()> {
        // The lock keeps the reaper from freeing the process id for somebody else meanwhile.
        let state = self.state();
        match (*state, Pid::from_raw(self.0.pid.cast_signed())) {
            (State::Running, Some(pid)) => Ok(kill_process(pid, Signal::KILL)?),
            _ => Ok(()),
        }
    }

    /// Reaps the child, which has ended, while nobody can signal it.
    pub(super) fn reap(&self, reap: impl FnOnce() -> io::Result<ExitStatus>) {
        let mut state = self.state();
        *state = reap().map_or(State::Lost, State::Exited);
        tracing::debug!(target: "ipc", program = self.0.program, pid = self.0.pid, state = ?*state, "a child ended");
        drop(state);
        self.0.changed.notify_all();
        self.end_streams();
    }

    fn wait_state(&self, timeout: Option<Duration>) -> State {
        let running = |state: &mut State| matches!(state, State::Running);
        let state = self.state();
        match timeout {
            None => *self.0.changed.wait_while(state, running).unwrap_or_else(PoisonError::into_inner),
            Some(Duration::ZERO) => *state,
            Some(timeout) => {
                let waited = self.0.changed.wait_timeout_while(state, timeout, running);
                *waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn outcome(self) -> io::Result<Option<ExitStatus>> {
        match self {
            Self::Running => Ok(None),
            Self::Exited(status) => Ok(Some(status)),
            Self::Lost => Err(io::Error::other("somebody else has taken the child's exit status")),
        }
    }
}

impl fmt::Debug for ExitWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { program, pid, .. } = &*self.0;
        f.debug_struct("ExitWatch").field("program", program).field("pid", pid).field("state", &*self.state()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_somebody_else_took_is_lost_and_waits_for_nobody() {
        let exit = ExitWatch::new("node".into(), i32::MAX.unsigned_abs());
        assert_eq!(exit.note(Duration::ZERO), None);
        exit.reap(|| Err(io::ErrorKind::NotFound.into()));
        assert!(exit.note(Duration::MAX).unwrap().starts_with("the process node (pid 2147483647) ended, and somebody"));
        assert!(exit.wait().is_err());
        assert!(exit.wait_timeout(Duration::ZERO).is_err());
        assert_eq!(exit.status(), None);
        exit.kill().unwrap();
    }
}
