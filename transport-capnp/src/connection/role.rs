//! The reader's role: one thread at a time reads a connection.
//!
//! A thread that waits for a reply, a worker that waits for its client's next call, or, when nobody waits, the process's
//! poller. Whoever takes the role disarms the poller; whoever gives it up hands it to a thread that waits for it, or arms
//! the poller again. At any time somebody holds the role, or somebody was told to take it, or the poller is armed: nothing
//! that the peer sends is left lying.

#[cfg(all(test, shuttle))]
mod orders;

use std::{
    collections::VecDeque,
    marker::PhantomData,
    sync::{Arc, PoisonError},
};

use ipc_core::threads::Waiter;

use super::Connection;
use crate::{
    poller::{self, Interest},
    sync::{Mutex, MutexGuard},
};

/// What is read, as far as the role is concerned: a connection; in tests, a model of one.
pub(super) trait Readable: Sized {
    fn role(&self) -> &Role<Self>;
    /// Whether bytes wait until the socket takes them.
    fn is_full(&self) -> bool;
    /// Has the poller watch for this, once, in place of what it watches for.
    fn watch(&self, interest: Interest);
    /// Has the poller's next tick [end a keep](Role::end_keep).
    fn mark_dirty(&self);
}

/// Who reads.
pub(super) struct Role<R = Connection>(Mutex<State>, PhantomData<fn(&R)>);

#[derive(Default)]
struct State {
    held: bool,
    /// The thread that the role is kept for: it is about to read.
    kept_for: Option<Arc<Waiter>>,
    /// What the poller watches for.
    interest: Interest,
    /// Threads that wait for a reply while somebody else reads.
    waiting: VecDeque<Arc<Waiter>>,
    /// The thread that was told to take the role, until it does or gets out of line.
    told: Option<Arc<Waiter>>,
    over: bool,
}

/// The role, until this is dropped.
pub(super) struct RoleGuard<'a, R: Readable> {
    connection: &'a R,
    kept_for: Option<Arc<Waiter>>,
}

impl<R> Default for Role<R> {
    fn default() -> Self {
        Self(Mutex::default(), PhantomData)
    }
}

impl<R: Readable> Role<R> {
    /// Watches for the end of a stream that nobody reads yet.
    pub(super) fn arm(&self, connection: &R) {
        let mut state = self.lock();
        if !state.held {
            let next = state.pass_on(connection);
            drop(state);
            tell(next);
        }
    }

    /// Has the poller tell when the socket takes bytes again, unless the thread that the role is kept for will see to it.
    pub(super) fn want_write(&self, connection: &R) {
        let mut state = self.lock();
        if state.over || state.kept_for.is_some() || state.interest.write {
            return;
        }
        state.interest.write = true;
        connection.watch(state.interest);
    }

    /// Lets all threads that wait look for themselves: the connection is lost.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.over = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for waiter in waiting {
            waiter.notify();
        }
    }

    /// Takes the role, or gets in line for it.
    pub(super) fn take<'a>(&self, connection: &'a R, waiter: &Arc<Waiter>) -> Option<RoleGuard<'a, R>> {
        let mut state = self.lock();
        if state.held && !state.is_kept_for(waiter) {
            if state.over {
                // Who waits was told before this one got in line.
                drop(state);
                waiter.notify();
            } else if !state.waiting.iter().any(|other| Arc::ptr_eq(other, waiter)) {
                state.waiting.push_back(waiter.clone());
            }
            return None;
        }
        Some(state.take(connection, waiter))
    }

    /// Whether a caller waits for it.
    pub(super) fn is_wanted(&self) -> bool {
        !self.lock().waiting.is_empty()
    }

    /// Takes the role if nobody has it.
    pub(super) fn try_take<'a>(&self, connection: &'a R, waiter: &Arc<Waiter>) -> Option<RoleGuard<'a, R>> {
        let mut state = self.lock();
        (!state.held || state.is_kept_for(waiter)).then(|| state.take(connection, waiter))
    }

    /// Keeps the role, if nobody has it, for a thread that is about to send something and then to read what comes back:
    /// else the poller would wake for that. If the thread does not come, the poller's next tick ends it.
    pub(super) fn keep(&self, connection: &R, waiter: &Arc<Waiter>) {
        let mut state = self.lock();
        if !state.held && !state.over {
            state.hold(connection);
            state.kept_for = Some(waiter.clone());
            drop(state);
            connection.mark_dirty();
        }
    }

    /// Ends a keep: that for this thread, or any.
    pub(super) fn end_keep(&self, connection: &R, waiter: Option<&Arc<Waiter>>) {
        let mut state = self.lock();
        let ends = match (waiter, &state.kept_for) {
            (_, None) => false,
            (Some(waiter), Some(kept_for)) => Arc::ptr_eq(waiter, kept_for),
            (None, Some(_)) => true,
        };
        if ends {
            state.kept_for = None;
            state.held = false;
            let next = state.pass_on(connection);
            drop(state);
            tell(next);
        }
    }

    /// The poller's: an event came. Registrations are for one event, so that nothing is watched any more.
    pub(super) fn fired(&self) {
        self.lock().interest = Interest::default();
    }

    /// The poller's, after [`fired`](Self::fired): takes the role if there is something to read and nobody does; sees to it
    /// that what is still wanted is watched.
    pub(super) fn polled<'a>(&self, connection: &'a R, readable: bool) -> Option<RoleGuard<'a, R>> {
        let mut state = self.lock();
        if state.over {
            return None;
        }
        if state.held {
            if connection.is_full() && state.kept_for.is_none() && !state.interest.write {
                state.interest.write = true;
                connection.watch(state.interest);
            }
            return None;
        }
        if readable {
            state.hold(connection);
            return Some(RoleGuard { connection, kept_for: None });
        }
        let next = state.pass_on(connection);
        drop(state);
        tell(next);
        None
    }

    /// Gets out of line. If this thread was told to take the role, another one is.
    pub(super) fn leave(&self, connection: &R, waiter: &Arc<Waiter>) {
        let mut state = self.lock();
        state.waiting.retain(|other| !Arc::ptr_eq(other, waiter));
        state.told.take_if(|told| Arc::ptr_eq(told, waiter));
        if state.is_kept_for(waiter) {
            state.kept_for = None;
            state.held = false;
        }
        if !state.held {
            let next = state.pass_on(connection);
            drop(state);
            tell(next);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No user code runs under it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells a thread to take the role; not under the lock, which is the first that it wants.
fn tell(next: Option<Arc<Waiter>>) {
    if let Some(next) = next {
        next.notify();
    }
}

impl State {
    fn is_kept_for(&self, waiter: &Arc<Waiter>) -> bool {
        self.kept_for.as_ref().is_some_and(|kept_for| Arc::ptr_eq(kept_for, waiter))
    }

    fn take<'a, R: Readable>(&mut self, connection: &'a R, waiter: &Arc<Waiter>) -> RoleGuard<'a, R> {
        // Who has it is not in line for it, whatever woke him.
        self.waiting.retain(|other| !Arc::ptr_eq(other, waiter));
        self.hold(connection);
        RoleGuard { connection, kept_for: None }
    }

    fn hold<R: Readable>(&mut self, connection: &R) {
        self.held = true;
        self.kept_for = None;
        // Who was told finds it taken, and gets in line again.
        self.told = None;
        // The reader writes as well, while the socket is full.
        if self.interest != Interest::default() {
            self.interest = Interest::default();
            connection.watch(self.interest);
        }
    }

    /// Nobody holds the role: finds somebody who will. A thread that is given back is to be [told](tell).
    #[must_use]
    fn pass_on<R: Readable>(&mut self, connection: &R) -> Option<Arc<Waiter>> {
        if self.over || self.told.is_some() {
            return None;
        }
        if let Some(next) = self.waiting.pop_front() {
            self.told = Some(next.clone());
            return Some(next);
        }
        let interest = Interest { read: true, write: connection.is_full() };
        if self.interest != interest {
            self.interest = interest;
            connection.watch(interest);
        }
        None
    }
}

impl<R: Readable> RoleGuard<'_, R> {
    /// Keeps the role for a thread that does something short, and then reads again.
    pub(super) fn keep(mut self, waiter: &Arc<Waiter>) {
        self.kept_for = Some(waiter.clone());
    }
}

impl<R: Readable> Drop for RoleGuard<'_, R> {
    fn drop(&mut self) {
        let mut state = self.connection.role().lock();
        // Somebody who waits would read at once.
        state.kept_for = self.kept_for.take().filter(|_| state.waiting.is_empty());
        if state.kept_for.is_some() {
            drop(state);
            // After it is kept, so that the tick that this asks for finds it so.
            self.connection.mark_dirty();
            return;
        }
        state.held = false;
        let next = state.pass_on(self.connection);
        drop(state);
        tell(next);
    }
}

impl Readable for Connection {
    fn role(&self) -> &Role {
        &self.role
    }

    fn is_full(&self) -> bool {
        self.output.is_full()
    }

    fn watch(&self, interest: Interest) {
        poller::watch(self, interest);
    }

    fn mark_dirty(&self) {
        Self::mark_dirty(self);
    }
}

impl Connection {
    /// Has the poller watch for what the peer sends, the end of the stream too, while nobody reads.
    pub(crate) fn watch_for_end(&self) {
        self.role.arm(self);
    }
}
