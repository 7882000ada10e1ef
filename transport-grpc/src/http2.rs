//! What HTTP/2 is allowed to hold.

#[cfg(test)]
mod tests;

use std::time::Duration;

/// How much of one stream the peer may send ahead, in bytes.
pub(crate) const STREAM_WINDOW: u32 = 1 << 20;
/// The same for all streams of a connection.
pub(crate) const CONNECTION_WINDOW: u32 = 2 << 20;
/// The largest headers, in bytes: a status with its details is among them.
pub(crate) const HEADER_BYTES: u32 = 16 << 10;
/// How many streams of a connection may be open.
pub(crate) const STREAMS: u32 = 256;
/// How many streams a peer may have reset before they were looked at.
pub(crate) const RESETS: usize = 64;
/// How often a TCP peer is asked whether it is still there, and how long it may take nothing of what is sent to it. A local one
/// cannot go without being noticed.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(60);
