//! Shuttle's lock and condition variable, with waits that end: its own never time out.
//!
//! There is no time under shuttle, so it passes as it likes: a wait that may time out does so whenever others have had their
//! turn. What a notification is needed for therefore shows in waits without a limit only.

use std::{
    ops::{Deref, DerefMut},
    sync::LockResult,
    time::Duration,
};

use shuttle::{sync, thread};

#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(sync::Mutex<T>);

#[derive(Debug)]
pub(crate) struct MutexGuard<'a, T> {
    of: &'a Mutex<T>,
    held: sync::MutexGuard<'a, T>,
}

#[derive(Debug, Default)]
pub(crate) struct Condvar(sync::Condvar);

pub(crate) struct WaitTimeoutResult(());

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let held = self.0.lock().unwrap_or_else(sync::PoisonError::into_inner);
        Ok(MutexGuard { of: self, held })
    }

    pub(crate) fn into_inner(self) -> LockResult<T> {
        Ok(self.0.into_inner().unwrap_or_else(sync::PoisonError::into_inner))
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.held
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.held
    }
}

impl Condvar {
    pub(crate) fn new() -> Self {
        Self(sync::Condvar::new())
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }

    pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let MutexGuard { of, held } = guard;
        let held = self.0.wait(held).unwrap_or_else(sync::PoisonError::into_inner);
        Ok(MutexGuard { of, held })
    }

    pub(crate) fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        _: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let of = guard.of;
        drop(guard);
        thread::yield_now();
        Ok((of.lock().unwrap_or_else(sync::PoisonError::into_inner), WaitTimeoutResult(())))
    }
}

impl WaitTimeoutResult {
    pub(crate) fn timed_out(&self) -> bool {
        true
    }
}
