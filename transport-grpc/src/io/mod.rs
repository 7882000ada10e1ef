//! Connected streams for the event loop.

mod begun;
mod write_timeout;

use std::{
    io::{
        self,
        ErrorKind::{BrokenPipe, ConnectionReset},
    },
    os::fd::OwnedFd,
    pin::Pin,
    task::{Context, Poll},
};

use ipc_core::{Exception, ExceptionKind, Peer, Result, Stream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};

pub(crate) use begun::Begun;
pub(crate) use write_timeout::WriteTimeout;

/// A unix or TCP stream.
pub(crate) enum Plain {
    /// If the peer is a child of ours, the stream once more: it ends with the child.
    Unix {
        stream: UnixStream,
        _child: Option<Stream>,
    },
    Tcp(TcpStream),
}

impl Plain {
    /// A stream as the event loop has it. Within its context.
    ///
    /// # Errors
    ///
    /// `Disconnected` with what the operating system says.
    pub(crate) fn new(stream: Stream) -> Result<Self> {
        Self::adopt(stream).map_err(|error| {
            Exception::new(ExceptionKind::Disconnected, format!("cannot use the stream: {error}")).with_source(error)
        })
    }

    fn adopt(stream: Stream) -> io::Result<Self> {
        let is_tcp = stream.is_tcp();
        let child = if matches!(stream.peer(), Peer::Child(_)) { Some(stream.try_clone()?) } else { None };
        let fd = OwnedFd::from(stream);
        if is_tcp {
            let stream = std::net::TcpStream::from(fd);
            stream.set_nonblocking(true)?;
            return TcpStream::from_std(stream).map(Self::Tcp);
        }
        let stream = std::os::unix::net::UnixStream::from(fd);
        stream.set_nonblocking(true)?;
        Ok(Self::Unix { stream: UnixStream::from_std(stream)?, _child: child })
    }
}

impl AsyncRead for Plain {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Unix { stream, .. } => Pin::new(stream).poll_read(context, into),
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Plain {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = match self.get_mut() {
            Self::Unix { stream, .. } => Pin::new(stream).poll_write(context, bytes),
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
        };
        left_to_the_reader(written, || bytes.len())
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = match self.get_mut() {
            Self::Unix { stream, .. } => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        };
        left_to_the_reader(written, || slices.iter().map(|slice| slice.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A socket has nothing to flush.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Unix { stream, .. } => Pin::new(stream).poll_shutdown(context),
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

/// A write to a peer that is gone is lost, as what it did not read before is: it is for the reader to end the connection, by
/// what the peer said last. A refused certificate is told by an alert that may not have been read yet.
fn left_to_the_reader(written: Poll<io::Result<usize>>, all: impl FnOnce() -> usize) -> Poll<io::Result<usize>> {
    match written {
        Poll::Ready(Err(error)) if [BrokenPipe, ConnectionReset].contains(&error.kind()) => Poll::Ready(Ok(all())),
        written => written,
    }
}
