//! What many cases need: objects that are counted, callbacks, and named threads.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{Builder, Scope, ScopedJoinHandle},
};

use ipc_core::{Exception, ExceptionKind, Result};

use crate::{
    interfaces::{Counter, Savings, Step, Tell},
    server::Sum,
    wait,
};

/// Counts the client's objects that live.
#[derive(Clone, Default)]
pub(super) struct Tally(Arc<AtomicU64>);

/// Counted while it lives.
pub(super) struct Counted(Tally);

impl Tally {
    pub(super) fn live(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    pub(super) fn until(&self, count: u64) {
        wait::until_equal("live objects of the client's", count, || self.live());
    }

    /// To be captured by a closure, or held by an object.
    pub(super) fn counted(&self) -> Counted {
        self.0.fetch_add(1, Ordering::SeqCst);
        Counted(self.clone())
    }

    pub(super) fn counter(&self) -> Arc<dyn Counter> {
        Arc::new(Sum::new(0, &self.0))
    }

    pub(super) fn savings(&self) -> Arc<dyn Savings> {
        Arc::new(Sum::new(0, &self.0))
    }

    /// A callback that is counted while it lives.
    pub(super) fn step(&self, run: impl Fn(u32) -> Result<u32> + Send + Sync + 'static) -> Step {
        let counted = self.counted();
        Arc::new(move |number| {
            let _captured = &counted;
            run(number)
        })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A callback.
pub(super) fn step(run: impl Fn(u32) -> Result<u32> + Send + Sync + 'static) -> Step {
    Arc::new(run)
}

/// A callback that adds what it is told to a list.
pub(super) fn teller() -> (Tell, Arc<std::sync::Mutex<Vec<u64>>>) {
    let told = Arc::<std::sync::Mutex<Vec<u64>>>::default();
    let tell = {
        let told = told.clone();
        Arc::new(move |number| {
            told.lock().unwrap().push(number);
            Ok(())
        })
    };
    (tell, told)
}

/// Starts a thread with a name.
pub(super) fn named<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    run: impl FnOnce() -> T + Send + 'scope,
) -> ScopedJoinHandle<'scope, T> {
    Builder::new().name(name.into()).spawn_scoped(scope, run).expect("there are threads")
}

/// The kind of the exception that a call ended with.
#[track_caller]
pub(super) fn kind<T: std::fmt::Debug>(outcome: Result<T>) -> ExceptionKind {
    outcome.expect_err("the call should have failed").kind()
}

/// What a test's own callback fails with.
pub(super) fn own(message: &str) -> Exception {
    Exception::new(ExceptionKind::Remote, message)
}
