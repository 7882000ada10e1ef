//! Connected streams for the event loop.

mod begun;

use std::{
    io,
    os::fd::OwnedFd,
    pin::Pin,
    task::{Context, Poll},
};

use ipc_core::{Exception, ExceptionKind, Result, Stream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};

pub(crate) use begun::Begun;

/// A unix or TCP stream.
pub(crate) enum Plain {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Plain {
    /// A stream as the event loop has it. Within its context.
    ///
    /// # Errors
    ///
    /// `Disconnected` with what the operating system says.
    pub(crate) fn new(stream: Stream) -> Result<Self> {
        let is_tcp = stream.is_tcp();
        Self::adopt(stream.into(), is_tcp).map_err(|error| {
            Exception::new(ExceptionKind::Disconnected, format!("cannot use the stream: {error}")).with_source(error)
        })
    }

    fn adopt(fd: OwnedFd, is_tcp: bool) -> io::Result<Self> {
        if is_tcp {
            let stream = std::net::TcpStream::from(fd);
            stream.set_nonblocking(true)?;
            return TcpStream::from_std(stream).map(Self::Tcp);
        }
        let stream = std::os::unix::net::UnixStream::from(fd);
        stream.set_nonblocking(true)?;
        UnixStream::from_std(stream).map(Self::Unix)
    }
}

impl AsyncRead for Plain {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_read(context, into),
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Plain {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
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
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
