//! How a process is spawned.

use std::{
    ffi::{OsStr, OsString},
    os::fd::{AsFd, AsRawFd, OwnedFd},
    path::Path,
    process::{Command, Stdio},
};

use command_fds::CommandFdExt;

use super::{Process, reaper, spawned};
use crate::{
    Exception, ExceptionKind, Result,
    socket::{Peer, Stream},
};

/// A process to be spawned with one end of a socket pair.
///
/// When it has ended, its stream has: also if a process that it started, or one that it gave the descriptor to, still has that
/// open. What it sent before can be read.
///
/// ```no_run
/// # use ipc_core::Spawn;
/// let mut node = Spawn::new("bitcoin-node").die_with_parent(true).spawn()?;
/// let stream = node.take_stream();
/// # Ok::<(), ipc_core::Exception>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct Spawn {
    command: Command,
    args: Vec<OsString>,
    fd_by: FdBy,
    die_with_parent: bool,
}

/// How the child learns the number of its descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FdBy {
    /// By the first two arguments, this one and then the number.
    Argument(&'static str),
    /// By the environment variable [`spawned::VARIABLE`].
    Environment,
}

impl Default for FdBy {
    /// By `-ipcfd N`, as Bitcoin Core does it.
    fn default() -> Self {
        Self::Argument(spawned::ARGUMENT)
    }
}

impl Spawn {
    /// A process that runs this program. A name without a slash is looked for in `PATH`.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        // Ours is none of a child's business, unless it has one of its own.
        command.env_remove(spawned::VARIABLE);
        Self { command, args: Vec::new(), fd_by: FdBy::default(), die_with_parent: false }
    }

    /// Adds an argument. With [`FdBy::Argument`] they follow its two.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable. The others are this process's.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Leaves out an environment variable of this process's.
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Sets the child's working directory.
    pub fn current_dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Sets the child's standard input; it is this process's otherwise.
    pub fn stdin(mut self, to: impl Into<Stdio>) -> Self {
        self.command.stdin(to);
        self
    }

    /// Sets the child's standard output; it is this process's otherwise.
    pub fn stdout(mut self, to: impl Into<Stdio>) -> Self {
        self.command.stdout(to);
        self
    }

    /// Sets the child's standard error; it is this process's otherwise.
    pub fn stderr(mut self, to: impl Into<Stdio>) -> Self {
        self.command.stderr(to);
        self
    }

    /// Sets how the child learns the number of its descriptor.
    pub fn fd_by(mut self, fd_by: FdBy) -> Self {
        self.fd_by = fd_by;
        self
    }

    /// Whether the child is killed, with `SIGKILL`, when this process ends in whatever way; `false` unless set. On Linux
    /// only. It does not hold for a program that changes its user when it is executed, nor for the child's children.
    pub fn die_with_parent(mut self, yes: bool) -> Self {
        self.die_with_parent = yes;
        self
    }

    /// Spawns the process.
    ///
    /// # Errors
    /// `Disconnected` if the program can't be executed; the source is the [`std::io::Error`] that says why.
    /// `Unimplemented` if it is to die with its parent where that is not known how to do.
    pub fn spawn(mut self) -> Result<Process> {
        let program = self.command.get_program().to_string_lossy().into_owned();
        let failed = |e: std::io::Error| {
            Exception::new(ExceptionKind::Disconnected, format!("cannot spawn {program}: {e}")).with_source(e)
        };
        let (ours, theirs) = Stream::pair()?;
        let theirs = above_standard_streams(theirs.into()).map_err(failed)?;
        // The child keeps the number, so that it is known before the fork and takes no other's place after it.
        let number = theirs.as_raw_fd().to_string();
        match self.fd_by {
            FdBy::Argument(name) => self.command.arg(name).arg(number),
            FdBy::Environment => self.command.env(spawned::VARIABLE, number),
        };
        self.command.args(self.args);
        self.command.preserved_fds(vec![theirs]);
        if self.die_with_parent {
            die_with_parent(&mut self.command)?;
        }
        let mut process = reaper::spawn(self.command, program.clone()).map_err(failed)?;
        process.stream = Some(ours.with_peer(Peer::Child(process.exit.clone())));
        Ok(process)
    }
}

/// In a process that was started without standard streams a socket can have one of their numbers, which the child will
/// use as such.
fn above_standard_streams(fd: OwnedFd) -> std::io::Result<OwnedFd> {
    if fd.as_raw_fd() > 2 { Ok(fd) } else { Ok(rustix::io::fcntl_dupfd_cloexec(fd.as_fd(), 3)?) }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn die_with_parent(command: &mut Command) -> Result<()> {
    super::pre_exec::die_with_parent(command);
    Ok(())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn die_with_parent(_command: &mut Command) -> Result<()> {
    Err(Exception::new(ExceptionKind::Unimplemented, "a process can't die with its parent on this platform"))
}
