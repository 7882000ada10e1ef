//! Whether a client has begun to speak.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::oneshot,
    time::timeout,
};

/// How much a client of HTTP/2 sends before anything else, in bytes (RFC 9113, 3.4).
const PREFACE: usize = 24;

/// How long a client may take for it. Who is silent holds a place among the connections.
const PATIENCE: Duration = Duration::from_secs(10);

/// A stream that notes when the client has sent its preface. What it is, HTTP/2 checks.
pub(crate) struct Begun<T> {
    io: T,
    missing: usize,
    begun: Option<oneshot::Sender<()>>,
}

/// The other end of the note.
pub(crate) struct Silence(oneshot::Receiver<()>);

impl<T> Begun<T> {
    pub(crate) fn new(io: T) -> (Self, Silence) {
        let (sender, receiver) = oneshot::channel();
        (Self { io, missing: PREFACE, begun: Some(sender) }, Silence(receiver))
    }

    fn note(&mut self, bytes: usize) {
        self.missing = self.missing.saturating_sub(bytes);
        if self.missing == 0
            && let Some(begun) = self.begun.take()
        {
            // An error says that nobody waits for it any more.
            let _ = begun.send(());
        }
    }
}

impl Silence {
    /// Waits until the client should have begun, and has not. Never returns if it has.
    pub(crate) async fn lasts(self) {
        if timeout(PATIENCE, self.0).await.is_ok() {
            std::future::pending::<()>().await;
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Begun<T> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = into.filled().len();
        let polled = Pin::new(&mut this.io).poll_read(context, into);
        if this.begun.is_some() {
            this.note(into.filled().len() - before);
        }
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Begun<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(context)
    }
}
