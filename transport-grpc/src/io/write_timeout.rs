//! How long a peer may take nothing of what is sent to it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// A stream whose writes fail once none of them has been taken for `patience`. Keep-alive does not see to that on the side
/// that accepts: when it is at its end it says good-bye, which waits behind all that was not taken before.
pub(crate) struct WriteTimeout<T> {
    io: T,
    patience: Option<Duration>,
    /// Until when a write that waits may wait.
    waits: Option<Pin<Box<Sleep>>>,
}

impl<T> WriteTimeout<T> {
    /// Without `patience`, writes wait for ever.
    pub(crate) fn new(io: T, patience: Option<Duration>) -> Self {
        Self { io, patience, waits: None }
    }

    fn within<R>(&mut self, written: Poll<io::Result<R>>, context: &mut Context<'_>) -> Poll<io::Result<R>> {
        let (Poll::Pending, Some(patience)) = (&written, self.patience) else {
            self.waits = None;
            return written;
        };
        ready!(self.waits.get_or_insert_with(|| Box::pin(sleep(patience))).as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer takes nothing of what is sent to it")))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for WriteTimeout<T> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_read(context, into)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write(context, bytes);
        this.within(written, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write_vectored(context, slices);
        this.within(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.io).poll_flush(context);
        this.within(flushed, context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let shut = Pin::new(&mut this.io).poll_shutdown(context);
        this.within(shut, context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, duplex},
        time::{Instant, advance},
    };

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_given_up() {
        let (_peer, ours) = duplex(4);
        let (begun, mut ours) = (Instant::now(), WriteTimeout::new(ours, Some(PATIENCE)));
        let error = ours.write_all(b"more than fits").await.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed().as_secs()), (io::ErrorKind::TimedOut, PATIENCE.as_secs()));
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_a_little_now_and_then_is_waited_for() {
        let (mut peer, ours) = duplex(4);
        let mut ours = WriteTimeout::new(ours, Some(PATIENCE));
        let reads = async {
            for byte in b"more than fits" {
                advance(PATIENCE * 2 / 3).await;
                assert_eq!(peer.read_u8().await.unwrap(), *byte);
            }
        };
        let (written, ()) = tokio::join!(ours.write_all(b"more than fits"), reads);
        written.unwrap();
    }
}
