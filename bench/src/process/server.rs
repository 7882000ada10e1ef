//! A server, as its caller has it.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::{Path, PathBuf},
    time::Duration,
};

use ipc_core::{Exception, ExceptionKind, Process, Result, Spawn};
use tempfile::TempDir;

use super::{CPU, LISTENING, PATIENCE, io_failed};

/// A process that serves a peer's work.
pub(crate) struct Server {
    process: Process,
    control: BufReader<UnixStream>,
    path: PathBuf,
    _dir: TempDir,
}

impl Server {
    /// Spawns this program as the server of a peer, on this core, and waits until it can be connected to.
    ///
    /// # Errors
    ///
    /// It cannot be spawned, or fails before it listens.
    pub(crate) fn spawn(peer: &str, core: Option<usize>) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("bench").tempdir().map_err(io_failed)?;
        let path = dir.path().join("socket");
        let program = env::current_exe().map_err(io_failed)?;
        let mut spawn = Spawn::new(program).die_with_parent(true).arg("serve").arg(peer).arg(&path);
        if let Some(core) = core {
            spawn = spawn.args(["--core".into(), core.to_string()]);
        }
        let mut process = spawn.spawn()?;
        let stream = process.take_stream().ok_or_else(|| failed(peer, "has no control stream"))?;
        let control = BufReader::new(UnixStream::from(OwnedFd::from(stream)));
        let mut server = Self { process, control, path, _dir: dir };
        if server.line()? != LISTENING {
            return Err(failed(peer, "ended before it listened"));
        }
        Ok(server)
    }

    /// Where it is connected to.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// The processor time that it has used so far, of all its threads.
    ///
    /// # Errors
    ///
    /// It is gone.
    pub(crate) fn cpu_time(&mut self) -> Result<Duration> {
        writeln!(self.control.get_mut(), "{CPU}").map_err(io_failed)?;
        let nanoseconds = self.line()?.parse().map_err(|_| failed("server", "does not know its processor time"))?;
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Ends it, and waits for that.
    ///
    /// # Errors
    ///
    /// It failed, or does not end.
    pub(crate) fn end(self) -> Result<()> {
        let Self { process, control, .. } = self;
        drop(control);
        match process.wait_timeout(PATIENCE).map_err(io_failed)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(failed("server", &format!("failed: {status}"))),
            None => Err(failed("server", "does not end though its caller is gone")),
        }
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.control.read_line(&mut line).map_err(io_failed)?;
        Ok(line.trim_end().into())
    }
}

fn failed(who: &str, how: &str) -> Exception {
    Exception::new(ExceptionKind::Interrupted, format!("the server ({who}) {how}"))
}
