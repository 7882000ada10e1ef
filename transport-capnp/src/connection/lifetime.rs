//! How a connection ends: it is lost, or closed, or nobody needs it any more.

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use ipc_core::{
    Exception, ExceptionKind, Options, Stream,
    caller::{Callers, Serves, Wake},
    transport::{Link, StillRunning, Usage},
};

use super::{Connection, lock};
use crate::{cell::ServedKey, threads};

/// Whether a connection is lost, why, and who is to be told.
#[derive(Default)]
pub(super) struct Status {
    lost: AtomicBool,
    inner: Mutex<Inner>,
    callers: Callers,
    /// Calls that are served.
    running: AtomicUsize,
    /// Somebody waits for those to end.
    closing: AtomicBool,
    idle: Condvar,
}

#[derive(Default)]
struct Inner {
    lost: Option<Exception>,
    handlers: Vec<Handler>,
}

type Handler = Box<dyn FnOnce(&Exception) + Send>;

/// How long to wait for the status of a process whose end shows as the end of its stream.
const EXIT_PATIENCE: Duration = Duration::from_millis(200);

impl Status {
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    /// Why the connection was lost, if it was.
    pub(super) fn lost(&self) -> Option<Exception> {
        if !self.is_lost() {
            return None;
        }
        lock(&self.inner).lost.clone()
    }

    /// Notes the loss; gives those who are to be told, the first time.
    pub(super) fn lose(&self, why: Exception) -> Option<Vec<Handler>> {
        let mut inner = lock(&self.inner);
        if inner.lost.is_some() {
            return None;
        }
        inner.lost = Some(why);
        self.lost.store(true, Ordering::Release);
        Some(std::mem::take(&mut inner.handlers))
    }

    /// Adds what is known of the end of the peer's process.
    pub(super) fn note_exit(&self, why: Exception, stream: &Stream, options: &Options) -> Exception {
        if self.is_lost() || why.kind() != ExceptionKind::Disconnected {
            return why;
        }
        let note = stream.peer().exit_note(EXIT_PATIENCE).or_else(|| options.peer_exit.as_ref()?());
        match note {
            None => why,
            Some(note) => Exception::new(why.kind(), format!("{}: {note}", why.message())),
        }
    }
}

/// What keeps a connection open: proxies, and handles on it. When the last is gone, it is closed.
pub(crate) struct Owner(Arc<Connection>);

impl Owner {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self(connection)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // Releases that wait are the last that the peer hears; it may be about to need them.
        self.0.tick();
        self.0.leave(Exception::new(ExceptionKind::Disconnected, "nobody needed the connection any more"));
    }
}

impl Connection {
    /// Whether somebody closes the connection, so that no further calls are served.
    pub(crate) fn is_closing(&self) -> bool {
        self.status.closing.load(Ordering::Acquire)
    }

    /// A call that is served was given up, unless it was one of before that had the number.
    pub(super) fn given_up(&self, call: ServedKey) {
        if self.is_gone(call as u64) {
            self.tell(self.status.callers.gone(call as u64));
        }
    }

    /// All that are served were, with the connection.
    pub(super) fn all_given_up(&self) {
        self.tell(self.status.callers.all_gone());
    }

    fn tell(&self, wakes: Vec<Wake>) {
        wakes.into_iter().for_each(|wake| self.cleanup.run(wake));
    }

    /// Says that a call is served, until the guard is dropped.
    pub(crate) fn running(&self) -> RunningGuard<'_> {
        self.status.running.fetch_add(1, Ordering::AcqRel);
        RunningGuard(&self.status)
    }

    /// Waits until no calls are served but those that this very thread serves.
    fn wait_idle(&self, until: Instant) {
        let own = threads::serving(self.number);
        self.status.closing.store(true, Ordering::Release);
        let mut inner = lock(&self.status.inner);
        while self.status.running.load(Ordering::Acquire) > own {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            inner = self.status.idle.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Serves for Connection {
    fn is_gone(&self, call: u64) -> bool {
        self.status.is_lost() || self.with_state(move |state| state.is_given_up(call as ServedKey)).unwrap_or(true)
    }

    fn callers(&self) -> &Callers {
        &self.status.callers
    }
}

/// A call that is served.
pub(crate) struct RunningGuard<'a>(&'a Status);

impl Drop for RunningGuard<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
        if self.0.closing.load(Ordering::Acquire) {
            // Under the lock, so that who is about to wait does not miss it.
            let _inner = lock(&self.0.inner);
            self.0.idle.notify_all();
        }
    }
}

impl Link for Owner {
    fn peer(&self) -> String {
        self.0.peer()
    }

    fn is_connected(&self) -> bool {
        !self.0.status.is_lost()
    }

    fn on_disconnect(&self, handler: Handler) {
        let mut inner = lock(&self.0.status.inner);
        match inner.lost.clone() {
            None => inner.handlers.push(handler),
            Some(lost) => {
                drop(inner);
                handler(&lost);
            }
        }
    }

    fn close(&self, grace: Duration) -> Result<(), StillRunning> {
        let now = Instant::now();
        let until = now.checked_add(grace).unwrap_or(now + Duration::from_secs(86400));
        self.0.wait_idle(until);
        self.0.tick();
        self.0.output.wait_below(0, Some(until));
        self.0.leave(Exception::new(ExceptionKind::Disconnected, "the connection was closed on this side"));
        if self.0.workers.wait_none(until) {
            self.0.cleanup.wait(until);
            return Ok(());
        }
        Err(StillRunning { threads: self.0.workers.names() })
    }

    fn usage(&self) -> Usage {
        let connection = &self.0;
        let (exports, imports) = connection.with_state(|state| state.usage()).unwrap_or_default();
        let mut usage = Usage::default();
        usage.exports = exports.max(connection.registry.exports());
        usage.imports = imports;
        usage.calls = connection.calls.load(Ordering::Relaxed);
        usage.server_threads = connection.workers.live();
        usage.output_bytes = connection.output.waiting();
        usage
    }
}
