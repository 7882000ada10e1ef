//! The two processes: the caller spawns the server, and talks to it beside the calls that are measured.

mod server;

use std::{
    error::Error,
    io::{self, BufRead as _, BufReader, Write as _},
    os::{fd::OwnedFd, unix::net::UnixStream},
    thread,
    time::Duration,
};

use ipc_core::{Exception, ExceptionKind, Result, Stream};

use crate::{cli::Serve, peers, resources};

pub(crate) use server::Server;

/// The line that asks for the processor time so far; the answer is a line of nanoseconds.
const CPU: &str = "cpu";

/// The line that says that the server listens.
const LISTENING: &str = "listening";

/// Is a server, until its caller is gone.
pub(crate) fn serve(options: &Serve, stream: Stream) -> Result<(), Box<dyn Error>> {
    if let Some(core) = options.core {
        // Before there is any other thread: all will inherit it.
        resources::pin(core)?;
    }
    let control = UnixStream::from(OwnedFd::from(stream));
    let answers = control.try_clone()?;
    thread::Builder::new().name("control".into()).spawn(move || {
        let ended = answer(answers);
        // In an orderly way: whoever profiles the server would see nothing otherwise.
        std::process::exit(i32::from(ended.is_err()));
    })?;
    peers::serve(&options.transport, &options.path, Ready(control))?;
    Ok(())
}

/// How a server tells its caller that it can be connected to.
pub(crate) struct Ready(UnixStream);

impl Ready {
    /// Says that connections are accepted from now on.
    ///
    /// # Errors
    ///
    /// The caller is gone.
    pub(crate) fn listening(mut self) -> Result<()> {
        writeln!(self.0, "{LISTENING}").map_err(io_failed)
    }

    /// The same, for what serves on threads of its own: returns only if it cannot be said.
    ///
    /// # Errors
    ///
    /// The caller is gone.
    pub(crate) fn wait_for_the_end(self) -> Result<()> {
        self.listening()?;
        loop {
            // The process ends when its caller is gone.
            thread::park();
        }
    }
}

/// A system call on one of the processes' sockets failed.
pub(crate) fn io_failed(error: io::Error) -> Exception {
    Exception::new(ExceptionKind::Interrupted, format!("a system call failed: {error}")).with_source(error)
}

/// Answers the caller's questions until it is gone.
fn answer(mut control: UnixStream) -> io::Result<()> {
    for line in BufReader::new(control.try_clone()?).lines() {
        if line? == CPU {
            writeln!(control, "{}", resources::cpu_time().as_nanos())?;
        }
    }
    Ok(())
}

/// How long a server may take to end when its caller is gone.
const PATIENCE: Duration = Duration::from_secs(10);
