//! How a connection ends: it is lost, or closed, or nobody needs it any more.

use std::{
    sync::{Arc, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use super::{End, threads};
use crate::{
    caller::{Callers, Serves, Wake},
    exception::Exception,
    session::{codec::Codec, frame::CallId},
    sync::{
        Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    threads::Cleanup,
    transport::{Link, StillRunning, Usage},
};

/// Whether a connection is lost, why, and who is to be told.
#[derive(Default)]
pub(super) struct Status {
    lost: OnceLock<Exception>,
    handlers: Mutex<Vec<Handler>>,
    callers: Callers,
    /// Calls that are served.
    running: AtomicUsize,
    /// Somebody waits for those to end.
    closing: AtomicBool,
    idle: Condvar,
    /// Tells those who want to know.
    told: Cleanup,
}

type Handler = Box<dyn FnOnce(&Exception) + Send>;

impl Status {
    /// Why the connection was lost, if it was.
    pub(super) fn lost(&self) -> Option<&Exception> {
        self.lost.get()
    }

    /// Notes the loss, once, and has those told who want to know: on a thread of their own, since whoever notices may hold
    /// locks.
    pub(super) fn lose(&self, why: &Exception) {
        let mut handlers = self.handlers();
        let _ = self.lost.set(why.clone());
        let told = std::mem::take(&mut *handlers);
        drop(handlers);
        // First: a disconnect handler may wait for the calls.
        self.tell(self.callers.all_gone());
        for handler in told {
            let why = why.clone();
            self.told.run(move || handler(&why));
        }
    }

    fn tell(&self, wakes: Vec<Wake>) {
        wakes.into_iter().for_each(|wake| self.told.run(wake));
    }

    fn handlers(&self) -> MutexGuard<'_, Vec<Handler>> {
        self.handlers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What keeps a connection open: proxies, and handles on it. When the last is gone, it is closed.
pub(super) struct Owner<C: Codec>(Arc<End<C>>);

impl<C: Codec> Owner<C> {
    pub(super) fn new(end: Arc<End<C>>) -> Self {
        Self(end)
    }
}

impl<C: Codec> Drop for Owner<C> {
    fn drop(&mut self) {
        self.0.enter(|state| state.close("nobody needed it any more"));
    }
}

impl<C: Codec> End<C> {
    /// Whether somebody closes the connection, so that no further calls are served.
    pub(super) fn is_closing(&self) -> bool {
        self.status.closing.load(Ordering::Acquire)
    }

    /// A call that is served was given up.
    pub(super) fn given_up(&self, call: CallId) {
        self.status.tell(self.status.callers.gone(call.0));
    }

    /// Says that a call is served, until the guard is dropped.
    pub(super) fn running(&self) -> RunningGuard<'_> {
        self.status.running.fetch_add(1, Ordering::AcqRel);
        RunningGuard(&self.status)
    }

    /// Waits until no calls are served but those that this very thread serves. Tells whether that was in time.
    fn wait_idle(&self, until: Instant) -> bool {
        let own = threads::serving(self.number());
        self.status.closing.store(true, Ordering::Release);
        let mut handlers = self.status.handlers();
        while self.status.running.load(Ordering::Acquire) > own {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            handlers = self.status.idle.wait_timeout(handlers, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

impl<C: Codec> Serves for End<C> {
    fn is_gone(&self, call: u64) -> bool {
        self.status.lost().is_some() || self.look(|state| state.is_given_up(CallId(call)))
    }

    fn callers(&self) -> &Callers {
        &self.status.callers
    }
}

/// A call that is served.
pub(super) struct RunningGuard<'a>(&'a Status);

impl Drop for RunningGuard<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
        if self.0.closing.load(Ordering::Acquire) {
            // Under the lock, so that who is about to wait does not miss it.
            let _handlers = self.0.handlers();
            self.0.idle.notify_all();
        }
    }
}

impl<C: Codec> Link for Owner<C> {
    fn peer(&self) -> String {
        self.0.peer().to_owned()
    }

    fn is_connected(&self) -> bool {
        self.0.status.lost().is_none()
    }

    fn on_disconnect(&self, handler: Handler) {
        let mut handlers = self.0.status.handlers();
        match self.0.status.lost() {
            None => handlers.push(handler),
            Some(lost) => {
                drop(handlers);
                handler(lost);
            }
        }
    }

    fn close(&self, grace: Duration) -> Result<(), StillRunning> {
        let end = &self.0;
        let now = Instant::now();
        let until = now.checked_add(grace).unwrap_or(now + Duration::from_secs(86400));
        let left = !end.wait_idle(until) && end.is_direct();
        end.enter(|state| state.close("closed by the other side"));
        end.outbox().wait_written(until);
        end.end_output();
        if end.workers.wait_none(until) && !left {
            end.status.told.wait(until);
            // A destructor that takes longer is no handler, and harms nobody.
            end.cleanup.wait(until);
            return Ok(());
        }
        let mut threads = end.workers.names();
        if left {
            threads.push("a caller's own thread".into());
        }
        Err(StillRunning { threads })
    }

    fn usage(&self) -> Usage {
        let counts = self.0.counts();
        Usage {
            exports: counts.exports,
            imports: counts.imports,
            calls: counts.calls,
            server_threads: self.0.workers.live(),
            output_bytes: self.0.outbox().waiting(),
        }
    }
}
