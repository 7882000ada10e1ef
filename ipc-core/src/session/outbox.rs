//! Frames that wait to be moved.

use std::{collections::VecDeque, sync::PoisonError, time::Instant};

use super::frame::Frame;
use crate::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicUsize, Ordering},
};

/// Moves an end's frames to its peer.
///
/// # For transport authors
///
/// Take frames from the end's [`Outbox`], write them in that order, and tell the outbox once they are
/// [written](Outbox::written). What comes from the peer goes to [`End::receive`](super::End::receive), from one thread at a
/// time; the end of the stream to [`End::lose`](super::End::lose). Reading never waits for writing, nor for handlers: read
/// until the end whatever happens. Large frames should be cut so that small ones pass; credits, where the wire needs them
/// beside the bound on the outbox, are yours too.
pub trait Mover: Send + Sync + 'static {
    /// There are frames in the outbox, or it is closed. May be called from any thread, at any time, also within
    /// [`End::receive`](super::End::receive), and never with a lock held. It must not block, nor run user code.
    fn wake(&self);
}

/// The frames of one end that are not written yet, in order, and a bound on what they weigh.
#[derive(Debug, Default)]
pub struct Outbox {
    inner: Mutex<Inner>,
    /// What the frames in it weigh, and those that were taken and are not written. Changes under the lock.
    bytes: AtomicUsize,
    /// Less is in it, or it is closed.
    less: Condvar,
    /// More is in it, or it is closed.
    more: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    frames: VecDeque<Frame>,
    closed: bool,
    /// What waits will never be written.
    dead: bool,
}

impl Outbox {
    /// The next frame, if there is one.
    pub fn take(&self) -> Option<Frame> {
        self.lock().frames.pop_front()
    }

    /// All there are.
    pub fn take_all(&self) -> VecDeque<Frame> {
        std::mem::take(&mut self.lock().frames)
    }

    /// The next frame; blocks until there is one. None once the outbox is closed and empty: then the stream is to be closed.
    pub fn next(&self) -> Option<Frame> {
        let mut inner = self.lock();
        loop {
            if let Some(frame) = inner.frames.pop_front() {
                return Some(frame);
            }
            if inner.closed {
                return None;
            }
            inner = self.more.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A frame that was taken is written; `weight` is [its own](Frame::weight).
    pub fn written(&self, weight: usize) {
        let inner = self.lock();
        self.bytes.store(self.waiting().saturating_sub(weight), Ordering::Release);
        drop(inner);
        self.less.notify_all();
    }

    /// What waits to be written, in bytes.
    pub fn waiting(&self) -> usize {
        self.bytes.load(Ordering::Acquire)
    }

    /// How many frames wait to be taken.
    pub fn frames(&self) -> usize {
        self.lock().frames.len()
    }

    /// Whether nothing more will come: what is in it is to be written, then the stream to be closed.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Nothing can be written any more: forgets what waits. Tells whether that is news.
    pub(super) fn kill(&self) -> bool {
        let mut inner = self.lock();
        if std::mem::replace(&mut inner.dead, true) {
            return false;
        }
        let frames = std::mem::take(&mut inner.frames);
        self.bytes.store(0, Ordering::Release);
        inner.closed = true;
        drop(inner);
        drop(frames);
        self.less.notify_all();
        self.more.notify_all();
        true
    }

    /// Nothing more will come.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.less.notify_all();
        self.more.notify_all();
    }

    pub(super) fn push(&self, frames: impl IntoIterator<Item = Frame>) {
        let mut inner = self.lock();
        if inner.closed {
            return;
        }
        let mut bytes = self.waiting();
        for frame in frames {
            bytes += frame.weight();
            inner.frames.push_back(frame);
        }
        self.bytes.store(bytes, Ordering::Release);
        drop(inner);
        self.more.notify_one();
    }

    /// Blocks until at most `bytes` wait, or the outbox is closed. Tells whether that was in time.
    pub(super) fn wait_below(&self, bytes: usize, until: Option<Instant>) -> bool {
        self.wait(until, |inner| self.waiting() <= bytes || inner.closed)
    }

    /// Blocks until all is written, also what waits since before the outbox was closed, or never will be. Tells whether that
    /// was in time.
    pub(super) fn wait_written(&self, until: Instant) -> bool {
        self.wait(Some(until), |inner| self.waiting() == 0 || inner.dead)
    }

    fn wait(&self, until: Option<Instant>, done: impl Fn(&Inner) -> bool) -> bool {
        let mut inner = self.lock();
        while !done(&inner) {
            inner = match until {
                None => self.less.wait(inner).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.less.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread, time::Duration};

    use super::*;

    /// The last answers, and the frame that says why, are in it when it is closed.
    #[test]
    fn what_waits_when_the_outbox_is_closed_is_waited_for() {
        let outbox = Arc::new(Outbox::default());
        outbox.push([Frame::Ping { token: 7 }]);
        outbox.close();
        assert!(outbox.wait_below(0, None));
        assert!(!outbox.wait_written(Instant::now()));
        let frame = outbox.take().unwrap();
        let waits = thread::spawn({
            let outbox = outbox.clone();
            move || outbox.wait_written(Instant::now() + Duration::from_secs(60))
        });
        outbox.written(frame.weight());
        assert!(waits.join().unwrap());
    }

    #[test]
    fn what_will_never_be_written_is_not() {
        let outbox = Outbox::default();
        outbox.push([Frame::Ping { token: 7 }]);
        assert!(outbox.kill());
        assert!(outbox.wait_written(Instant::now() + Duration::from_secs(60)));
    }
}
