//! The registration of a stream with the poller.
#![allow(unsafe_code)]

use std::{
    io,
    os::fd::{AsFd, AsRawFd},
};

use ipc_core::Stream;
use polling::{Event, Poller};

/// Registers a stream, to be watched for nothing yet.
pub(super) fn add(poller: &Poller, stream: &Stream, key: usize) -> io::Result<()> {
    // SAFETY: `Poller::add` asks that the source be deleted before it is dropped. The stream belongs to a connection, which
    // is added once, by `poller::add`, right after it was made. Its last owner drops only after `Connection::lose`, which
    // removes it: a connection ends through `lose` alone, and `Drop for Connection` calls it once more. The poller itself
    // is a static, and is never dropped.
    unsafe { poller.add(stream.as_fd().as_raw_fd(), Event::none(key)) }
}

/// Removes a stream's registration.
pub(super) fn remove(poller: &Poller, stream: &Stream) -> io::Result<()> {
    poller.delete(stream)
}
