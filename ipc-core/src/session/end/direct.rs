//! Two ends in one process whose calls run on the caller's own thread.
//!
//! Nothing waits in between: whoever enters one machine has the turn of both, gives what the one sends to the other until
//! both are quiet, lets the turn go, and then does itself what is to be done, the handler too.

use std::{
    collections::VecDeque,
    fmt, iter,
    sync::{Arc, OnceLock, PoisonError, Weak},
    time::Instant,
};

use smallvec::SmallVec;

use super::{
    End, Handles,
    serve::{Work, Works},
};
use crate::{
    exception::{Exception, ExceptionKind},
    session::{
        codec::Codec,
        frame::Frame,
        outbox::Mover,
        state::{Event, State},
    },
    sync::{
        Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};

/// What is between two such ends: it can be cut and frozen. Cheap to clone.
///
/// The contract's [weaker clauses](crate::transport#on-the-callers-own-thread) hold for them.
pub struct Direct<C: Codec>(Arc<Between<C>>);

pub(super) struct Between<C: Codec> {
    /// The client's and the server's.
    ends: [OnceLock<Weak<End<C>>>; 2],
    /// Held by whoever has the turn.
    turn: Mutex<Turn>,
    /// As in the turn, for who only looks.
    frozen: AtomicBool,
    thawed: Condvar,
}

#[derive(Default)]
struct Turn {
    frozen: bool,
    cut: bool,
    /// Whether frames wait in an outbox.
    held: bool,
    /// What a side has sent, while there is a turn.
    sent: VecDeque<(usize, Frame)>,
}

impl Turn {
    /// Whether what a side sends goes to the other at once, and nothing else does.
    fn is_plain(&self) -> bool {
        !(self.frozen || self.held || self.cut) && self.sent.is_empty()
    }
}

/// What happened, and at which side: at a call, that it came and that it is answered.
type Happened<C> = SmallVec<[(usize, Event<Handles<C>>); 2]>;

impl<C: Codec> Direct<C> {
    /// Cuts it: what is held is lost, and both ends are told. Calls that run are told when they end.
    pub fn cut(&self) {
        self.0.turn().cut = true;
        for end in [0, 1].into_iter().filter_map(|side| self.0.end(side)) {
            end.lose(gone());
        }
        // Only now: who waits to call is to find it lost.
        self.0.set_frozen(&mut self.0.turn(), false);
        self.0.thawed.notify_all();
    }

    /// Freezes it: calls and answers wait until it [thaws](Self::thaw) or is cut.
    pub fn freeze(&self) {
        self.0.set_frozen(&mut self.0.turn(), true);
    }

    /// Has it go on, with what waited meanwhile.
    pub fn thaw(&self) {
        let mut turn = self.0.turn();
        self.0.set_frozen(&mut turn, false);
        turn.held = false;
        let mut happened = Happened::new();
        for (side, end) in [0, 1].into_iter().filter_map(|side| Some((side, self.0.end(side)?))) {
            turn.sent.extend(end.take_held().into_iter().map(|frame| (side, frame)));
        }
        let mut ends = self.0.ends();
        ends.exchange(&mut turn.sent, &mut happened);
        drop(turn);
        self.0.thawed.notify_all();
        ends.apply(happened).into_iter().for_each(Work::run_here);
        // One that was given up meanwhile is the loss of the other.
        for side in [0, 1] {
            if self.0.end(side).is_none_or(|end| end.lost().is_some())
                && let Some(other) = self.0.end(1 - side)
            {
                other.lose(gone());
            }
        }
    }

    pub(super) fn attach(&self, side: usize, end: &Weak<End<C>>) -> (Arc<Between<C>>, usize) {
        let _ = self.0.ends[side].set(end.clone());
        (self.0.clone(), side)
    }
}

impl<C: Codec> Default for Direct<C> {
    fn default() -> Self {
        let between = Between {
            ends: Default::default(),
            turn: Mutex::default(),
            frozen: AtomicBool::new(false),
            thawed: Condvar::new(),
        };
        Self(Arc::new(between))
    }
}

impl<C: Codec> Clone for Direct<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<C: Codec> fmt::Debug for Direct<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let turn = self.0.turn();
        f.debug_struct("Direct").field("frozen", &turn.frozen).field("cut", &turn.cut).finish_non_exhaustive()
    }
}

impl<C: Codec> Between<C> {
    /// Enters the machine of one side, and moves what that sends. Gives back the calls that this thread is to run.
    pub(super) fn enter<T>(
        &self,
        side: usize,
        end: &End<C>,
        work: impl FnOnce(&mut State<Handles<C>>) -> T,
    ) -> (T, Works<C>) {
        let mut turn = self.turn();
        let mut state = end.lock();
        let value = work(&mut state);
        if turn.is_plain()
            && let Some(frame) = state.take_only_frame()
        {
            // As it is with most calls, and with their answers.
            drop(state);
            return (value, self.pass(1 - side, frame, turn));
        }
        let happened: Happened<C> = state.take_events().map(|event| (side, event)).collect();
        if state.has_frames() {
            let frames = state.take_frames();
            if turn.frozen || turn.held {
                turn.held = true;
                end.outbox.push(frames);
            } else if turn.cut {
                drop(frames);
            } else {
                turn.sent.extend(frames.map(|frame| (side, frame)));
            }
        }
        drop(state);
        (value, self.settle(turn, happened))
    }

    /// Gives a side the only frame that is on its way.
    fn pass(&self, side: usize, frame: Frame, mut turn: MutexGuard<'_, Turn>) -> Works<C> {
        let mut calls = Works::new();
        let Some(end) = self.end(side) else { return calls };
        let mut state = end.lock();
        state.receive(frame);
        if let Some(event) = state.take_only_event() {
            drop(state);
            drop(turn);
            end.apply(iter::once(event), &mut calls);
            return calls;
        }
        let happened: Happened<C> = state.take_events().map(|event| (side, event)).collect();
        turn.sent.extend(state.take_frames().map(|frame| (side, frame)));
        drop(state);
        self.settle(turn, happened)
    }

    /// Moves what is on its way, lets the turn go, and does what is to be done.
    fn settle(&self, mut turn: MutexGuard<'_, Turn>, mut happened: Happened<C>) -> Works<C> {
        let mut ends = self.ends();
        ends.exchange(&mut turn.sent, &mut happened);
        drop(turn);
        ends.apply(happened)
    }

    /// Waits while it is frozen. Tells whether that ended in time.
    pub(super) fn wait_thawed(&self, until: Option<Instant>) -> bool {
        if !self.frozen.load(Ordering::Acquire) {
            return true;
        }
        let mut turn = self.turn();
        while turn.frozen {
            turn = match until {
                None => self.thawed.wait(turn).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.thawed.wait_timeout(turn, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        true
    }

    fn ends(&self) -> Ends<'_, C> {
        Ends { between: self, found: [None, None] }
    }

    fn set_frozen(&self, turn: &mut Turn, frozen: bool) {
        turn.frozen = frozen;
        self.frozen.store(frozen, Ordering::Release);
    }

    fn end(&self, side: usize) -> Option<Arc<End<C>>> {
        self.ends[side].get().and_then(Weak::upgrade)
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        // No user code runs in a turn.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ends, each looked for once.
struct Ends<'a, C: Codec> {
    between: &'a Between<C>,
    found: [Option<Option<Arc<End<C>>>>; 2],
}

impl<C: Codec> Ends<'_, C> {
    fn get(&mut self, side: usize) -> Option<&Arc<End<C>>> {
        self.found[side].get_or_insert_with(|| self.between.end(side)).as_ref()
    }

    /// Gives each side what the other sends, until both are quiet.
    fn exchange(&mut self, sent: &mut VecDeque<(usize, Frame)>, happened: &mut Happened<C>) {
        while let Some(from) = sent.front().map(|(from, _)| *from) {
            let is_same = |(other, _): &(usize, Frame)| *other == from;
            let mut next = || if sent.front().is_some_and(is_same) { sent.pop_front() } else { None };
            let frames = iter::from_fn(&mut next).map(|(_, frame)| frame);
            let Some(to) = self.get(1 - from) else {
                frames.for_each(drop);
                continue;
            };
            let mut state = to.lock();
            frames.for_each(|frame| state.receive(frame));
            happened.extend(state.take_events().map(|event| (1 - from, event)));
            sent.extend(state.take_frames().map(|frame| (1 - from, frame)));
        }
    }

    fn apply(&mut self, happened: Happened<C>) -> Works<C> {
        let mut calls = Works::new();
        let mut happened = happened.into_iter().peekable();
        while let Some(side) = happened.peek().map(|(side, _)| *side) {
            let events = iter::from_fn(|| happened.next_if(|(other, _)| *other == side)).map(|(_, event)| event);
            match self.get(side) {
                Some(end) => end.apply(events, &mut calls),
                None => events.for_each(drop),
            }
        }
        calls
    }
}

impl<C: Codec> End<C> {
    /// What was held while the line was frozen.
    fn take_held(&self) -> VecDeque<Frame> {
        let frames = self.outbox.take_all();
        frames.iter().for_each(|frame| self.outbox.written(frame.weight()));
        frames
    }
}

/// There is nothing to move.
pub(super) struct Unmoved;

impl Mover for Unmoved {
    fn wake(&self) {}
}

fn gone() -> Exception {
    Exception::new(ExceptionKind::Disconnected, "the peer is gone")
}
