//! Events that handlers wait for, so that a case decides when they go on.

use std::{
    collections::{HashMap, HashSet},
    sync::{Condvar, Mutex, PoisonError},
};

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
}

impl Events {
    /// Has the event happen; it stays so.
    pub(super) fn happen(&self, event: String) {
        lock(&self.state).happened.insert(event);
        self.changed.notify_all();
    }

    /// Blocks until it has happened.
    pub(super) fn wait(&self, event: &str) {
        self.block(event, |state| state.happened.contains(event));
    }

    /// Blocks until `count` calls are here under the name.
    pub(super) fn meet(&self, name: &str, count: u32) {
        *lock(&self.state).meetings.entry(name.into()).or_default() += 1;
        self.changed.notify_all();
        self.block(name, |state| state.meetings.get(name).is_some_and(|here| *here >= count));
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

    fn block(&self, name: &str, until: impl Fn(&State) -> bool) {
        let mut state = lock(&self.state);
        *state.blocked.entry(name.into()).or_default() += 1;
        while !until(&state) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(blocked) = state.blocked.get_mut(name) {
            *blocked -= 1;
        }
    }
}
