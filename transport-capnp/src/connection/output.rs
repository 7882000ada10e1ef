//! Bytes on their way out. Who leaves the cell flushes, without blocking; what the socket does not take, the poller writes.

use std::{
    io,
    sync::{
        Condvar, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use super::{Connection, lock};

/// Bytes on their way out, in the order in which the cell made them.
#[derive(Default)]
pub(super) struct Output {
    queue: Mutex<Queue>,
    waiting: AtomicUsize,
    drained: Condvar,
}

#[derive(Default)]
struct Queue {
    /// What the socket did not take yet, from `written` on.
    front: Vec<u8>,
    written: usize,
    /// What comes after.
    back: Vec<u8>,
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
    /// Has `take` move bytes into the queue; gives what it gives.
    pub(super) fn append<T>(&self, take: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let mut queue = lock(&self.queue);
        let value = take(&mut queue.back);
        if queue.dead {
            queue.back.clear();
        }
        self.waiting.store(queue.waiting(), Ordering::Release);
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
        lock(&self.queue).full
    }

    /// Drops all there is, and all that comes.
    pub(super) fn kill(&self) {
        let mut queue = lock(&self.queue);
        queue.dead = true;
        queue.full = false;
        (queue.front, queue.back, queue.written) = (Vec::new(), Vec::new(), 0);
        self.waiting.store(0, Ordering::Release);
        drop(queue);
        self.drained.notify_all();
    }

    /// Blocks until at most `bytes` wait. Tells whether they do.
    pub(super) fn wait_below(&self, bytes: usize, deadline: Option<Instant>) -> bool {
        let mut queue = lock(&self.queue);
        queue.waiters += 1;
        let below = loop {
            if queue.waiting() <= bytes || queue.dead {
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

impl Queue {
    fn waiting(&self) -> usize {
        self.front.len() - self.written + self.back.len()
    }
}

/// A buffer up to this size is kept for the next message.
const KEEP_BYTES: usize = 256 << 10;

impl Connection {
    /// Writes what waits, as far as the socket takes it.
    pub(super) fn flush(&self) {
        let mut queue = lock(&self.output.queue);
        if queue.writing || queue.full || queue.dead {
            return;
        }
        loop {
            if queue.front.len() == queue.written {
                queue.front.clear();
                if queue.front.capacity() > KEEP_BYTES {
                    queue.front = Vec::new();
                }
                queue.written = 0;
                let Queue { front, back, .. } = &mut *queue;
                std::mem::swap(front, back);
                if queue.front.is_empty() {
                    break;
                }
            }
            queue.writing = true;
            let front = std::mem::take(&mut queue.front);
            let mut written = queue.written;
            drop(queue);
            let result = self.write(&front, &mut written);
            queue = lock(&self.output.queue);
            queue.writing = false;
            if queue.dead {
                break;
            }
            queue.front = front;
            queue.written = written;
            match result {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    queue.full = true;
                    break;
                }
                Err(error) => {
                    // Whoever reads finds the end of the stream; replies that came before it still count.
                    tracing::debug!(target: "ipc", peer = %self.stream.peer(), %error, "cannot write");
                    drop(queue);
                    self.output.kill();
                    self.watch_for_end();
                    return;
                }
            }
        }
        let (waiting, full, waiters) = (queue.waiting(), queue.full, queue.waiters);
        self.output.waiting.store(waiting, Ordering::Release);
        drop(queue);
        if full {
            self.role.want_write(self, true);
        }
        if waiters > 0 {
            self.output.drained.notify_all();
        }
    }

    fn write(&self, bytes: &[u8], written: &mut usize) -> io::Result<()> {
        while *written < bytes.len() {
            match self.stream.try_send(&bytes[*written..]) {
                Ok(n) => *written += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The poller's: the socket takes bytes again.
    pub(crate) fn writable(&self) {
        lock(&self.output.queue).full = false;
        self.role.want_write(self, false);
        self.flush();
    }
}
