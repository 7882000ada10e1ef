//! The connection as its server sees it: the session, and the unary calls beside it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ipc_core::{
    Connection, Exception,
    transport::{Link, StillRunning, Usage},
};

use super::Unary;

/// A session and the unary calls of its connection.
pub(crate) struct UnaryLink {
    session: Connection,
    unary: Arc<Unary>,
}

impl UnaryLink {
    pub(crate) fn new(session: Connection, unary: Arc<Unary>) -> Self {
        Self { session, unary }
    }

    /// Waits until no unary calls run. Tells whether that was in time.
    fn wait_idle(&self, until: Instant) -> bool {
        let Ok(handle) = crate::runtime::handle() else { return true };
        let unary = self.unary.clone();
        let (done, seen) = std::sync::mpsc::channel();
        handle.spawn(async move {
            let mut idle = unary.idle.subscribe();
            while unary.running() > 0 {
                let changed = tokio::time::timeout_at(until.into(), idle.changed()).await;
                if !matches!(changed, Ok(Ok(()))) {
                    break;
                }
            }
            let _ = done.send(unary.running() == 0);
        });
        seen.recv().unwrap_or(true)
    }
}

impl Link for UnaryLink {
    fn peer(&self) -> String {
        self.session.peer()
    }

    fn is_connected(&self) -> bool {
        self.session.is_connected()
    }

    fn on_disconnect(&self, handler: Box<dyn FnOnce(&Exception) + Send>) {
        self.session.on_disconnect(handler);
    }

    fn close(&self, grace: Duration) -> Result<(), StillRunning> {
        let now = Instant::now();
        let until = now.checked_add(grace).unwrap_or(now + Duration::from_secs(86400));
        let idle = self.unary.running() == 0 || self.wait_idle(until);
        let closed = self.session.close(until.saturating_duration_since(Instant::now()));
        if idle {
            return closed;
        }
        let mut threads = closed.err().map(|running| running.threads).unwrap_or_default();
        threads.push("ipc-grpc-unary".into());
        Err(StillRunning { threads })
    }

    fn usage(&self) -> Usage {
        let mut usage = self.session.usage();
        usage.server_threads += self.unary.running();
        usage.output_bytes += self.unary.output_bytes();
        usage
    }
}
