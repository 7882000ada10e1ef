//! Bytes on their way out. Who leaves the cell flushes, without blocking; what the socket does not take, the poller writes.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use super::{Connection, lock};
use crate::{cell::Chunk, threads};

/// The most parts that a system call takes at once.
const MOST_SLICES: usize = 1024;

/// Bytes on their way out, in the order in which the cell made them.
#[derive(Default)]
pub(super) struct Output {
    queue: Mutex<Queue>,
    waiting: AtomicUsize,
    /// As in the queue, for who only looks.
    full: AtomicBool,
    drained: Condvar,
}

#[derive(Default)]
struct Queue {
    chunks: VecDeque<Chunk>,
    /// How many bytes of the first chunk are written.
    written: usize,
    /// How many bytes wait in all.
    waiting: usize,
    /// Somebody writes; he looks again before he ends.
    writing: bool,
    /// The socket is full; the poller waits for it.
    full: bool,
    /// Nothing can be written any more.
    dead: bool,
    /// How many threads wait for it to drain. Only then they are woken: that is a system call even where nobody waits.
    waiters: usize,
}

impl Output {
    /// Has `take` move what the cell made into the queue, and say how many bytes that is; gives what it gives beside.
    pub(super) fn append<T>(&self, take: impl FnOnce(&mut VecDeque<Chunk>) -> (usize, T)) -> T {
        let mut queue = lock(&self.queue);
        let (bytes, value) = take(&mut queue.chunks);
        if queue.dead {
            queue.chunks.clear();
        } else {
            queue.waiting += bytes;
        }
        self.waiting.store(queue.waiting, Ordering::Release);
        value
    }

    pub(super) fn has_more(&self) -> bool {
        self.waiting() > 0
    }

    /// How many bytes wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Whether a write waits for the socket.
    pub(super) fn is_full(&self) -> bool {
        self.full.load(Ordering::Acquire)
    }

    fn set_full(&self, queue: &mut Queue, full: bool) {
        queue.full = full;
        self.full.store(full, Ordering::Release);
    }

    /// Drops all there is, and all that comes.
    pub(super) fn kill(&self) {
        let mut queue = lock(&self.queue);
        queue.dead = true;
        self.set_full(&mut queue, false);
        (queue.chunks, queue.written, queue.waiting) = (VecDeque::new(), 0, 0);
        self.waiting.store(0, Ordering::Release);
        drop(queue);
        self.drained.notify_all();
    }

    /// Blocks until at most `bytes` wait. Tells whether they do.
    pub(super) fn wait_below(&self, bytes: usize, deadline: Option<Instant>) -> bool {
        let mut queue = lock(&self.queue);
        queue.waiters += 1;
        let below = loop {
            if queue.waiting <= bytes || queue.dead {
                break true;
            }
            queue = match deadline {
                None => self.drained.wait(queue).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break false;
                    }
                    self.drained.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        };
        queue.waiters -= 1;
        below
    }
}

impl Connection {
    /// Waits, before a call is served, while too much waits to be written: replies are never held back, so their number must
    /// be. Tells whether it may be served; one that may not wait is refused only where the largest replies would not explain
    /// what waits.
    pub(crate) fn may_serve(&self, may_wait: bool) -> bool {
        let limit = self.limits.output_bytes;
        let waiting = self.output.waiting();
        if waiting <= limit || threads::serving(self.number) > 0 {
            return true;
        }
        if may_wait { self.output.wait_below(limit, None) } else { waiting / 4 <= self.limits.message_bytes }
    }

    /// Writes what waits, as far as the socket takes it. If it does not take all, the poller sees to the rest.
    pub(super) fn flush(&self) {
        if self.write_some() {
            self.role.want_write(self);
        }
    }

    /// Writes what waits, as far as the socket takes it. Tells whether this thread found it full.
    fn write_some(&self) -> bool {
        let mut queue = lock(&self.output.queue);
        if queue.writing || queue.full || queue.dead {
            return false;
        }
        while !queue.chunks.is_empty() {
            queue.writing = true;
            let mut chunks = std::mem::take(&mut queue.chunks);
            let written = queue.written;
            drop(queue);
            let (result, rest, sent) = self.write(&mut chunks, written);
            queue = lock(&self.output.queue);
            queue.writing = false;
            if queue.dead {
                break;
            }
            queue.written = rest;
            queue.waiting -= sent;
            chunks.append(&mut queue.chunks);
            queue.chunks = chunks;
            match result {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.output.set_full(&mut queue, true);
                    break;
                }
                Err(error) => {
                    // Whoever reads finds the end of the stream; replies that came before it still count.
                    tracing::debug!(target: "ipc", peer = %self.stream.peer(), %error, "cannot write");
                    drop(queue);
                    self.output.kill();
                    self.watch_for_end();
                    return false;
                }
            }
        }
        let (waiting, full, waiters) = (queue.waiting, queue.full, queue.waiters);
        self.output.waiting.store(waiting, Ordering::Release);
        drop(queue);
        if waiters > 0 {
            self.output.drained.notify_all();
        }
        full
    }

    /// Writes chunks, of the first from byte `from` on. Gives how much of the then first is written, and how much was sent.
    fn write(&self, chunks: &mut VecDeque<Chunk>, from: usize) -> (io::Result<()>, usize, usize) {
        let (mut from, mut total) = (from, 0);
        while let Some(first) = chunks.front() {
            let (offered, sent) = match first {
                Chunk::Bytes(bytes) if chunks.len() == 1 => (bytes.len() - from, self.stream.try_send(&bytes[from..])),
                // All in one: each part that goes on its own wakes the reader for itself.
                _ => {
                    let mut slices = Vec::new();
                    let mut skip = from;
                    chunks.iter().for_each(|chunk| chunk.slices(&mut skip, &mut slices));
                    let slices = &slices[..slices.len().min(MOST_SLICES)];
                    (slices.iter().map(|slice| slice.len()).sum(), self.stream.try_send_vectored(slices))
                }
            };
            let sent = match sent {
                Ok(n) => n,
                Err(error) => return (Err(error), from, total),
            };
            from += sent;
            total += sent;
            while let Some(len) = chunks.front().map(Chunk::len).filter(|len| *len <= from) {
                chunks.pop_front();
                from -= len;
            }
            if sent < offered {
                // It is full. To try once more would only have it say so.
                return (Err(io::ErrorKind::WouldBlock.into()), from, total);
            }
        }
        (Ok(()), 0, total)
    }

    /// The socket takes bytes again.
    pub(super) fn writable(&self) {
        self.output.set_full(&mut lock(&self.output.queue), false);
        self.flush();
    }

    /// The same, told by the reader, who sees to the rest himself.
    pub(super) fn writable_for_reader(&self) {
        self.output.set_full(&mut lock(&self.output.queue), false);
        self.write_some();
    }
}
