//! Events that handlers wait for, so that a case decides when they go on.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Instant,
};

use ipc_core::deadline;

use super::lock;

/// Events by name.
#[derive(Default)]
pub(super) struct Events {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    happened: HashSet<String>,
    blocked: HashMap<String, u32>,
    meetings: HashMap<String, u32>,
    outcomes: HashMap<String, String>,
    /// Whether handlers come to an end by themselves once their call has: when its deadline passes or its connection is lost.
    ends_with_the_call: bool,
    /// The connections that are lost.
    lost: HashSet<u64>,
}

impl Events {
    /// Has the event happen; it stays so.
    pub(super) fn happen(&self, event: String) {
        lock(&self.state).happened.insert(event);
        self.changed.notify_all();
    }

    /// Handlers end by themselves once their call has: for a transport that runs them on the caller's own thread, which finds
    /// out about that only then.
    pub(super) fn end_with_the_call(&self) {
        lock(&self.state).ends_with_the_call = true;
    }

    /// The connection of that number is lost.
    pub(super) fn lose(&self, number: u64) {
        lock(&self.state).lost.insert(number);
        self.changed.notify_all();
    }

    /// Blocks until it has happened; `number` is the connection that the call came over.
    pub(super) fn wait(&self, event: &str, number: u64) {
        self.block(event, number, |state| state.happened.contains(event));
    }

    /// Blocks until `count` calls are here under the name.
    pub(super) fn meet(&self, name: &str, count: u32, number: u64) {
        *lock(&self.state).meetings.entry(name.into()).or_default() += 1;
        self.changed.notify_all();
        self.block(name, number, |state| state.meetings.get(name).is_some_and(|here| *here >= count));
    }

    /// Blocks until nobody waits for the call any more that this thread serves, and notes that.
    pub(super) fn outlast_the_caller(self: &Arc<Self>, event: String, number: u64) {
        let caller = ipc_core::caller();
        let events = self.clone();
        let _woken = caller.on_gone(move || {
            // Under the lock: nobody is between looking and waiting.
            let _state = lock(&events.state);
            events.changed.notify_all();
        });
        self.block(&event, number, |_| caller.is_gone());
        self.end(event, if caller.is_gone() { "gone" } else { "not gone" }.into());
    }

    /// How many block under that name.
    pub(super) fn blocked(&self, name: &str) -> u32 {
        lock(&self.state).blocked.get(name).copied().unwrap_or_default()
    }

    /// Notes how something ended.
    pub(super) fn end(&self, event: String, outcome: String) {
        lock(&self.state).outcomes.insert(event, outcome);
        self.changed.notify_all();
    }

    /// How it ended; blocks until it has.
    pub(super) fn outcome(&self, event: &str) -> String {
        let mut state = lock(&self.state);
        loop {
            if let Some(outcome) = state.outcomes.get(event) {
                return outcome.clone();
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn block(&self, name: &str, number: u64, until: impl Fn(&State) -> bool) {
        let mut state = lock(&self.state);
        *state.blocked.entry(name.into()).or_default() += 1;
        while !until(&state) {
            let deadline = deadline::current().filter(|_| state.ends_with_the_call);
            if state.ends_with_the_call && state.lost.contains(&number) {
                break;
            }
            state = match deadline.map(|at| at.saturating_duration_since(Instant::now())) {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => break,
                Some(left) => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        if let Some(blocked) = state.blocked.get_mut(name) {
            *blocked -= 1;
        }
    }
}
