//! The reader's role: one thread at a time reads a connection.
//!
//! A thread that waits for a reply, a worker that waits for its client's next call, or, when nobody waits, the process's
//! poller. Whoever takes the role disarms the poller; whoever gives it up hands it to a thread that waits for it, or arms
//! the poller again. At any time somebody holds the role, or somebody was told to take it, or the poller is armed, or its
//! next tick arms it: nothing that the peer sends is left lying.

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
    /// Has the poller's next [tick](Role::tick) come.
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
    /// Nobody has it and nobody watches, until the poller's next tick.
    rests: bool,
    /// How often callers took it since the last tick; and whether they did often before that one.
    taken: u32,
    busy: bool,
    over: bool,
}

/// Callers that take the role so often within a tick are expected back before the next one.
const BUSY: u32 = if cfg!(shuttle) { 1 } else { 16 };

/// The role, until this is dropped.
pub(super) struct RoleGuard<'a, R: Readable> {
    connection: &'a R,
    after: After,
}

/// What becomes of the role when the guard is dropped.
enum After {
    GiveUp,
    Keep(Arc<Waiter>),
    Rest,
}

impl<R> Default for Role<R> {
    fn default() -> Self {
        Self(Mutex::default(), PhantomData)
    }
}

impl<R: Readable> Role<R> {
    /// Watches for the end of a stream that nobody reads yet.
    pub(super) fn arm(&self, connection: &R) {
        let state = self.lock();
        if !state.held {
            give_up(state, connection);
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
        state.taken = state.taken.saturating_add(1);
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

    /// Ends a keep for this thread.
    pub(super) fn end_keep(&self, connection: &R, waiter: &Arc<Waiter>) {
        let state = self.lock();
        if state.is_kept_for(waiter) {
            give_up(state, connection);
        }
    }

    /// The poller's: ends any keep and any rest.
    pub(super) fn tick(&self, connection: &R) {
        let mut state = self.lock();
        state.busy = std::mem::take(&mut state.taken) >= BUSY;
        if state.kept_for.is_some() || state.rests {
            give_up(state, connection);
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
            return Some(RoleGuard { connection, after: After::GiveUp });
        }
        give_up(state, connection);
        None
    }

    /// Gets out of line. If this thread was told to take the role, another one is.
    pub(super) fn leave(&self, connection: &R, waiter: &Arc<Waiter>) {
        let mut state = self.lock();
        state.waiting.retain(|other| !Arc::ptr_eq(other, waiter));
        state.told.take_if(|told| Arc::ptr_eq(told, waiter));
        if state.is_kept_for(waiter) || !(state.held || state.rests) {
            give_up(state, connection);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No user code runs under it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves the role to whoever will read.
fn give_up<R: Readable>(mut state: MutexGuard<'_, State>, connection: &R) {
    (state.held, state.kept_for, state.rests) = (false, None, false);
    let next = state.pass_on(connection);
    drop(state);
    // Not under the lock, which is the first that it wants.
    if let Some(next) = next {
        next.notify();
    }
}

impl State {
    fn is_kept_for(&self, waiter: &Arc<Waiter>) -> bool {
        self.kept_for.as_ref().is_some_and(|kept_for| Arc::ptr_eq(kept_for, waiter))
    }

    fn may_rest(&self) -> bool {
        self.busy && self.waiting.is_empty() && !self.over
    }

    fn take<'a, R: Readable>(&mut self, connection: &'a R, waiter: &Arc<Waiter>) -> RoleGuard<'a, R> {
        // Who has it is not in line for it, whatever woke him.
        self.waiting.retain(|other| !Arc::ptr_eq(other, waiter));
        self.hold(connection);
        RoleGuard { connection, after: After::GiveUp }
    }

    fn hold<R: Readable>(&mut self, connection: &R) {
        self.held = true;
        self.kept_for = None;
        self.rests = false;
        // Who was told finds it taken, and gets in line again.
        self.told = None;
        // The reader writes as well, while the socket is full.
        if self.interest != Interest::default() {
            self.interest = Interest::default();
            connection.watch(self.interest);
        }
    }

    /// Nobody holds the role: finds somebody who will. A thread that is given back is to be told.
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
        self.after = After::Keep(waiter.clone());
    }

    /// Gives the role up for who is done with his call. If calls follow one another, the poller is not armed for the moment
    /// between two of them, but at its next tick.
    pub(super) fn rest(mut self) {
        self.after = After::Rest;
    }
}

impl<R: Readable> Drop for RoleGuard<'_, R> {
    fn drop(&mut self) {
        let mut state = self.connection.role().lock();
        match std::mem::replace(&mut self.after, After::GiveUp) {
            // Somebody who waits would read at once.
            After::Keep(waiter) if state.waiting.is_empty() => state.kept_for = Some(waiter),
            After::Rest if state.may_rest() && !self.connection.is_full() => {
                (state.held, state.rests) = (false, true);
            }
            _ => return give_up(state, self.connection),
        }
        drop(state);
        // Afterwards, so that the tick that this asks for finds it so.
        self.connection.mark_dirty();
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
