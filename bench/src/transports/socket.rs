//! The baseline: a unix socket pair with nothing on it, read and written blocking.

use std::{
    io::{self, Read as _, Write as _},
    os::{fd::OwnedFd, unix::net::UnixStream},
};

use ipc_core::{Exception, ExceptionKind, Result, Stream};

use crate::work::BULK;

pub(crate) const NAME: &str = "socket";

/// About what a small call takes in an encoding.
const MESSAGE: usize = 64;

/// The first byte of a request for many bytes.
const BULK_WANTED: u8 = 1;

/// The caller's end.
pub(crate) struct Socket {
    stream: UnixStream,
    buffer: Vec<u8>,
}

impl Socket {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream: UnixStream::from(OwnedFd::from(stream)), buffer: vec![0; BULK] }
    }

    /// A small message there and back.
    pub(crate) fn ping(&mut self) -> Result<()> {
        self.call(0, MESSAGE)
    }

    /// A small message there, a large one back.
    pub(crate) fn bulk(&mut self) -> Result<()> {
        self.call(BULK_WANTED, BULK)
    }

    fn call(&mut self, wanted: u8, answer: usize) -> Result<()> {
        self.stream.write_all(&[wanted; MESSAGE]).map_err(failed)?;
        self.stream.read_exact(&mut self.buffer[..answer]).map_err(failed)
    }
}

/// The other end, until the caller is gone.
pub(crate) fn serve(stream: Stream) -> Result<()> {
    let mut stream = UnixStream::from(OwnedFd::from(stream));
    let mut request = [0; MESSAGE];
    let answer = vec![0x5a; BULK];
    loop {
        match stream.read_exact(&mut request) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            done => done.map_err(failed)?,
        }
        let length = if request[0] == BULK_WANTED { BULK } else { MESSAGE };
        stream.write_all(&answer[..length]).map_err(failed)?;
    }
}

fn failed(error: io::Error) -> Exception {
    Exception::new(ExceptionKind::Interrupted, format!("the bare socket failed: {error}")).with_source(error)
}
