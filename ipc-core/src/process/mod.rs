//! Processes: how one is spawned with a stream to it, and how one learns that it was.
//!
//! The parent makes a socket pair and passes the number of one end, `-ipcfd N` as Bitcoin Core does or in the environment
//! variable `IPC_FD`. All other descriptors that this crate makes close on exec.
//!
//! Each child has a thread that spawns it, waits for its end and reaps it. So there are never zombies, whether anybody
//! keeps a [`Process`] or not; and the thread that `die_with_parent` is about, which on Linux is the thread that spawned
//! and not the process, lives as long as the child.

mod exit;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod pre_exec;
mod reaper;
mod spawn;
pub mod spawned;

use std::{
    io,
    process::{ChildStderr, ChildStdin, ChildStdout, ExitStatus},
    time::Duration,
};

pub use exit::ExitWatch;
pub use spawn::{FdBy, Spawn};

use crate::socket::Stream;

/// A child process with a stream to it.
///
/// Dropping it closes the stream, unless that was [taken](Self::take_stream), which tells the child to end. It neither
/// kills the child nor waits for it, and leaves no zombie.
#[derive(Debug)]
pub struct Process {
    exit: ExitWatch,
    stream: Option<Stream>,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
}

impl Process {
    /// The process id. It may be another process's once this one has ended.
    pub fn id(&self) -> u32 {
        self.exit.id()
    }

    /// The stream to the child, the first time. Its [`Peer`](crate::Peer) is the child.
    pub fn take_stream(&mut self) -> Option<Stream> {
        self.stream.take()
    }

    /// The child's standard input, the first time, if [`Spawn::stdin`] asked for a pipe.
    pub fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.stdin.take()
    }

    /// The child's standard output, the first time, if [`Spawn::stdout`] asked for a pipe.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// The child's standard error, the first time, if [`Spawn::stderr`] asked for a pipe.
    pub fn take_stderr(&mut self) -> Option<ChildStderr> {
        self.stderr.take()
    }

    /// Waits until the child has ended and is reaped. Closes its stream and its standard input first unless they were
    /// taken: a child that waits for their end would never end itself.
    ///
    /// # Errors
    /// Somebody else in this process has reaped the child, or the process ignores `SIGCHLD`: how it ended is lost.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        drop((self.stream.take(), self.stdin.take()));
        self.exit.wait()
    }

    /// Waits for a limited time, and closes nothing; `None` when it is over.
    ///
    /// # Errors
    /// As for [`wait`](Self::wait).
    pub fn wait_timeout(&self, timeout: Duration) -> io::Result<Option<ExitStatus>> {
        self.exit.wait_timeout(timeout)
    }

    /// How the child ended, `None` while it runs.
    ///
    /// # Errors
    /// As for [`wait`](Self::wait).
    pub fn try_wait(&self) -> io::Result<Option<ExitStatus>> {
        self.exit.wait_timeout(Duration::ZERO)
    }

    /// Kills the child with `SIGKILL`. That it has ended already is no error, and kills nobody else.
    ///
    /// # Errors
    /// The operating system's, if the child has changed its user.
    pub fn kill(&self) -> io::Result<()> {
        self.exit.kill()
    }

    /// What tells how the child ended, for whoever needs it after this `Process` is gone.
    pub fn exit(&self) -> &ExitWatch {
        &self.exit
    }
}
