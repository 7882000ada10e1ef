//! Waiting for the tip.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use interfaces::node::BlockInfo;

use super::store::{Chain, State};

/// What came of waiting for the chain to grow.
#[derive(Debug)]
pub(crate) enum Growth {
    /// The block after the one that was given.
    Next(Box<BlockInfo>),
    /// The wait was ended.
    Ended,
}

/// What came of waiting for a tip.
#[derive(Debug)]
pub(crate) enum Waited {
    /// The tip is one of those that were waited for.
    Changed(Box<BlockInfo>),
    /// The time has passed, and this is the tip.
    TimedOut(Box<BlockInfo>),
    /// The wait was ended.
    Ended,
}

impl Chain {
    /// Waits until there is a block above `height` or `ended` says so; whoever makes it say so calls [`wake`](Self::wake).
    pub(crate) fn wait_above(&self, height: u32, ended: impl Fn() -> bool) -> Growth {
        let waiting = |state: &mut State| !ended() && state.tip().height <= height;
        let state = self.grown.wait_while(self.state(), waiting).unwrap_or_else(PoisonError::into_inner);
        match state.at(height + 1) {
            Some(info) if !ended() => Growth::Next(Box::new(info.clone())),
            _ => Growth::Ended,
        }
    }

    /// Waits until the tip is `wanted`, for a limited time or without end, or until `ended` says so, as above.
    pub(crate) fn wait_for_tip(
        &self,
        wanted: impl Fn(&BlockInfo) -> bool,
        limit: Option<Duration>,
        ended: impl Fn() -> bool,
    ) -> Waited {
        let waiting = |state: &mut State| !ended() && !wanted(state.tip());
        // What no clock reaches is without end.
        let state = match limit.filter(|limit| Instant::now().checked_add(*limit).is_some()) {
            Some(limit) => {
                let waited = self.grown.wait_timeout_while(self.state(), limit, waiting);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.grown.wait_while(self.state(), waiting).unwrap_or_else(PoisonError::into_inner),
        };
        let tip = Box::new(state.tip().clone());
        if ended() {
            Waited::Ended
        } else if wanted(&tip) {
            Waited::Changed(tip)
        } else {
            Waited::TimedOut(tip)
        }
    }

    /// Has all who wait look whether their wait has ended.
    pub(crate) fn wake(&self) {
        // Under the lock: nobody is between looking and waiting.
        let _state = self.state();
        self.grown.notify_all();
    }
}
