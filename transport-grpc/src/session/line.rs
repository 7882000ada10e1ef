//! How the event loop learns that there is something to send.

use std::sync::{Arc, Weak};

use atomic_waker::AtomicWaker;
use ipc_core::session::Mover;
use tokio::sync::watch;

use super::End;

/// What the tasks of one session wait for.
pub(crate) struct Line {
    /// The task that sends.
    pub(super) sender: AtomicWaker,
    /// Whether nothing more will be sent.
    closed: watch::Sender<bool>,
}

impl Line {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { sender: AtomicWaker::new(), closed: watch::Sender::new(false) })
    }

    /// Waits until nothing more will be sent.
    pub(crate) async fn closed(&self) {
        // The sender lives as long as this does.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }
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
