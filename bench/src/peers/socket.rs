//! The limit: a unix socket with nothing on it, read and written blocking.

use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    thread,
};

use ipc_core::Result;

use crate::{
    process::{Ready, io_failed},
    work::BYTE,
};

pub(crate) const NAME: &str = "socket";

/// What a reader of the table should know.
pub(crate) const NOTE: &str =
    "the limit: blocking reads and writes on a bare unix socket, a ping-pong of 64 bytes or a bulk of many";

/// About what a small call takes in an encoding.
const MESSAGE: usize = 64;

/// The caller's end.
pub(crate) struct Socket {
    stream: UnixStream,
    /// Room for a request and its payload, and for an answer: it exists already when a call begins.
    buffer: Vec<u8>,
}

impl Socket {
    pub(crate) fn connect(path: &Path) -> Result<Self> {
        Ok(Self { stream: UnixStream::connect(path).map_err(io_failed)?, buffer: vec![BYTE; MESSAGE] })
    }

    /// A small message there and back.
    pub(crate) fn ping(&mut self) -> Result<()> {
        self.exchange(0, MESSAGE)
    }

    /// A small message there, so many bytes back.
    pub(crate) fn result(&mut self, length: usize) -> Result<()> {
        self.exchange(0, length)
    }

    /// So many bytes there, a small message back.
    pub(crate) fn argument(&mut self, length: usize) -> Result<()> {
        self.exchange(length, MESSAGE)
    }

    /// The first two words of a request tell how much follows and how much is wanted.
    fn exchange(&mut self, follows: usize, wanted: usize) -> Result<()> {
        let room = (MESSAGE + follows).max(wanted);
        if self.buffer.len() < room {
            self.buffer.resize(room, BYTE);
        }
        self.buffer[..8].copy_from_slice(&(follows as u64).to_le_bytes());
        self.buffer[8..16].copy_from_slice(&(wanted as u64).to_le_bytes());
        self.stream.write_all(&self.buffer[..MESSAGE + follows]).map_err(io_failed)?;
        self.stream.read_exact(&mut self.buffer[..wanted]).map_err(io_failed)
    }
}

/// The other end: a thread for each caller.
pub(crate) fn serve(path: &Path, ready: Ready) -> Result<()> {
    let listener = UnixListener::bind(path).map_err(io_failed)?;
    ready.listening()?;
    loop {
        let (stream, _) = listener.accept().map_err(io_failed)?;
        // It ends with its caller.
        thread::spawn(move || answer(stream));
    }
}

fn answer(mut stream: UnixStream) -> io::Result<()> {
    let mut request = [0; MESSAGE];
    let mut buffer = vec![BYTE; MESSAGE];
    loop {
        stream.read_exact(&mut request)?;
        let word = |at: usize| u64::from_le_bytes(request[at..at + 8].try_into().expect("eight bytes")) as usize;
        let (follows, wanted) = (word(0), word(8));
        if buffer.len() < follows.max(wanted) {
            buffer.resize(follows.max(wanted), BYTE);
        }
        stream.read_exact(&mut buffer[..follows])?;
        stream.write_all(&buffer[..wanted])?;
    }
}
