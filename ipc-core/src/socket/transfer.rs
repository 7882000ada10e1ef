//! Bytes in and out of a stream.

use std::io::{self, IoSlice, Read, Write};

use rustix::{
    io::retry_on_intr,
    net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, send, sendmsg},
};

use super::Stream;

/// A send to a gone peer is an error, never a signal. Apple says so once per socket instead.
#[cfg(not(target_vendor = "apple"))]
const NO_SIGNAL: SendFlags = SendFlags::NOSIGNAL;
#[cfg(target_vendor = "apple")]
const NO_SIGNAL: SendFlags = SendFlags::empty();

/// As many slices as every kernel takes in one call (`IOV_MAX`).
const MOST_SLICES: usize = 1024;

impl Stream {
    /// Receives some bytes; waits until there are any. 0 is the end of the stream, unless `buffer` is empty.
    ///
    /// # Errors
    /// The operating system's; a signal is none.
    pub fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(retry_on_intr(|| recv(self, &mut *buffer, RecvFlags::empty()))?.0)
    }

    /// Receives some bytes if there are any. 0 is the end of the stream, unless `buffer` is empty.
    ///
    /// # Errors
    /// `WouldBlock` if there are none yet; else the operating system's.
    pub fn try_recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(retry_on_intr(|| recv(self, &mut *buffer, RecvFlags::DONTWAIT))?.0)
    }

    /// Sends some of the bytes, at least one; waits until there is room.
    ///
    /// # Errors
    /// `BrokenPipe` if the peer is gone; else the operating system's. A signal is none.
    pub fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(retry_on_intr(|| send(self, bytes, NO_SIGNAL))?)
    }

    /// Sends some of the bytes if there is room.
    ///
    /// # Errors
    /// `WouldBlock` if there is none yet, `BrokenPipe` if the peer is gone; else the operating system's.
    pub fn try_send(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(retry_on_intr(|| send(self, bytes, NO_SIGNAL | SendFlags::DONTWAIT))?)
    }

    /// Sends some of the bytes, in the order of the slices, if there is room. It looks at no more than the first 1024
    /// slices.
    ///
    /// # Errors
    /// As for [`try_send`](Self::try_send).
    pub fn try_send_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let slices = &slices[..slices.len().min(MOST_SLICES)];
        let flags = NO_SIGNAL | SendFlags::DONTWAIT;
        Ok(retry_on_intr(|| sendmsg(self, slices, &mut SendAncillaryBuffer::default(), flags))?)
    }
}

impl Read for &Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.recv(buffer)
    }
}

impl Write for &Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.send(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
