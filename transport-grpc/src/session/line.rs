//! How the event loop learns that there is something to send.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicUsize, Ordering},
};

use atomic_waker::AtomicWaker;
use ipc_core::{
    Exception, ExceptionKind, Limits, Result,
    session::{Frame, Mover, Outbox},
};
use tokio::sync::watch;

use super::End;

/// How many answers a peer may have asked for and not taken: twice the calls that one makes at a time by default.
const MOST_OWED: usize = 1 << 17;

/// What the tasks of one session wait for.
pub(crate) struct Line {
    /// The task that sends.
    pub(super) sender: AtomicWaker,
    /// Whether nothing more will be sent.
    closed: watch::Sender<bool>,
    /// Whether our half of the stream is written, or given up.
    sent: watch::Sender<bool>,
    /// How many answers the peer has asked for that have not gone out.
    owed: AtomicUsize,
    /// How many answers this side has asked for that have not come.
    asked: AtomicUsize,
}

impl Line {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            sender: AtomicWaker::new(),
            closed: watch::Sender::new(false),
            sent: watch::Sender::new(false),
            owed: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
        })
    }

    /// A frame came in while others wait. Answers are never held back, nor is what objects are given back with, so a peer that
    /// asks for more and more of them and takes none would fill this side's memory with them, small as they are.
    ///
    /// # Errors
    ///
    /// `Overloaded` if the peer has asked for more than it could ever wait for.
    pub(super) fn received(&self, frame: &Frame, waiting: &Outbox, limits: &Limits) -> Result<()> {
        let does_not_read = |message: String| {
            Err(Exception::new(ExceptionKind::Overloaded, format!("the peer does not read: {message}")))
        };
        let most = MOST_OWED.max(limits.calls_served.saturating_mul(2));
        if is_answer(frame) {
            // A peer may send a pong that nobody asked for.
            let _ = self.asked.fetch_update(Ordering::AcqRel, Ordering::Acquire, |asked| asked.checked_sub(1));
        }
        if is_answered(frame) && self.owed.fetch_add(1, Ordering::AcqRel) >= most {
            return does_not_read(format!("it has asked for {most} answers, and taken none of them"));
        }
        // All objects that this side may hold may be given back at the same time.
        let frames = waiting.frames();
        if frames > limits.imports.saturating_add(most) {
            return does_not_read(format!("{frames} frames wait for it"));
        }
        Ok(())
    }

    /// A frame goes out.
    pub(super) fn sends(&self, frame: &Frame) {
        if is_answer(frame) {
            self.owed.fetch_sub(1, Ordering::AcqRel);
        }
        if is_answered(frame) {
            self.asked.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Whether threads are busy with calls beside the one whose frame was sent last, which may be nested in another.
    pub(super) fn others_are_busy(&self) -> bool {
        let (asked, owed) = (self.asked.load(Ordering::Relaxed), self.owed.load(Ordering::Relaxed));
        asked > owed.saturating_add(1) || owed > asked
    }

    /// Our half of the stream is written, or given up.
    pub(super) fn end_sent(&self) {
        self.sent.send_replace(true);
    }

    /// Waits for that.
    pub(super) async fn sent(&self) {
        let _ = self.sent.subscribe().wait_for(|sent| *sent).await;
    }

    /// Waits until nothing more will be sent.
    pub(crate) async fn closed(&self) {
        // The sender lives as long as this does.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }
}

fn is_answered(frame: &Frame) -> bool {
    matches!(frame, Frame::Call(_) | Frame::Destroy(_) | Frame::Ping { .. })
}

fn is_answer(frame: &Frame) -> bool {
    matches!(frame, Frame::Return(_) | Frame::Pong { .. })
}

/// Wakes the event loop for an end.
pub(crate) struct Wakeup {
    line: Arc<Line>,
    end: Weak<End>,
}

impl Wakeup {
    pub(crate) fn new(line: &Arc<Line>, end: &Weak<End>) -> Self {
        Self { line: line.clone(), end: end.clone() }
    }
}

impl Mover for Wakeup {
    fn wake(&self) {
        self.line.sender.wake();
        if self.end.upgrade().is_some_and(|end| end.outbox().is_closed()) {
            self.line.closed.send_replace(true);
        }
    }
}
