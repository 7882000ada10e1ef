//! Two ends in one process whose calls run on the caller's own thread.
//!
//! Nothing waits in between: both machines are behind one lock. Whoever has the turn gives what the one sends to the other
//! until both are quiet, lets the turn go, and then does itself what is to be done, the handler too.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, OnceLock, PoisonError, Weak},
    time::Instant,
};

use smallvec::SmallVec;

use super::{
    End, Handles, Machine,
    call::Reply,
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
    turn: Mutex<Turn<C>>,
    /// As in the turn, for who only looks.
    frozen: AtomicBool,
    thawed: Condvar,
}

struct Turn<C: Codec> {
    /// Of both ends, once there are these. One whose end is gone is lost.
    machines: [Option<State<Handles<C>>>; 2],
    frozen: bool,
    cut: bool,
    /// Whether frames wait in an outbox.
    held: bool,
    /// What a side has sent, while there is a turn.
    sent: VecDeque<(usize, Frame)>,
}

impl<C: Codec> Turn<C> {
    /// Whether what a side sends goes to the other at once, and nothing else does.
    fn is_plain(&self) -> bool {
        !(self.frozen || self.held || self.cut) && self.sent.is_empty()
    }

    fn machine(&mut self, side: usize) -> &mut State<Handles<C>> {
        self.machines[side].as_mut().expect("an end enters the machine that it was attached with")
    }

    /// Takes what a side has to say, and what is to be done there.
    fn take(&mut self, side: usize, happened: &mut Happened<C>) {
        let Some(machine) = &mut self.machines[side] else { return };
        happened.extend(machine.take_events().map(|event| (side, event)));
        self.sent.extend(machine.take_frames().map(|frame| (side, frame)));
    }

    /// Gives each side what the other sends, until both are quiet.
    fn exchange(&mut self, happened: &mut Happened<C>) {
        while let Some((from, frame)) = self.sent.pop_front() {
            let to = 1 - from;
            if let Some(machine) = &mut self.machines[to] {
                machine.receive(frame);
                self.take(to, happened);
            }
        }
    }
}

impl<C: Codec> Default for Turn<C> {
    fn default() -> Self {
        Self { machines: [None, None], frozen: false, cut: false, held: false, sent: VecDeque::new() }
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
        let ends = [0, 1].map(|side| self.0.end(side));
        self.0.set_frozen(&mut turn, false);
        turn.held = false;
        for (side, end) in (0..).zip(&ends) {
            let held = end.iter().flat_map(|end| end.take_held());
            turn.sent.extend(held.map(|frame| (side, frame)));
        }
        let mut calls = Works::new();
        self.0.settle(turn, Happened::new(), |work| calls.push(work));
        self.0.thawed.notify_all();
        calls.into_iter().for_each(Work::run_here);
        // One that was given up meanwhile is the loss of the other.
        for side in [0, 1] {
            if let Some(end) = self.0.end(side)
                && self.0.has_lost_peer(side)
            {
                end.lose(gone());
            }
        }
    }

    /// Has an end be on one side, with its machine; which is not moved there if there is one already.
    pub(super) fn attach(&self, side: usize, end: &Weak<End<C>>, state: State<Handles<C>>) -> Machine<C> {
        if self.0.ends[side].set(end.clone()).is_err() {
            return Machine::Own(Mutex::new(state));
        }
        self.0.turn().machines[side] = Some(state);
        Machine::Shared(self.0.clone(), side)
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
    /// Enters the machine of one side, and moves what that sends. Calls that this thread is to run are given to `run`, without
    /// the turn.
    pub(super) fn enter<T>(
        &self,
        side: usize,
        end: &End<C>,
        work: impl FnOnce(&mut State<Handles<C>>) -> T,
        run: impl FnMut(Work<C>),
    ) -> T {
        let mut turn = self.turn();
        let plain = turn.is_plain();
        let machine = turn.machine(side);
        let value = work(machine);
        if plain && let Some(frame) = machine.take_only_frame() {
            // As it is with most calls, and with their answers.
            self.pass(1 - side, frame, turn, run);
            return value;
        }
        let mut happened = Happened::new();
        turn.take(side, &mut happened);
        if turn.frozen || turn.held {
            turn.held |= !turn.sent.is_empty();
            end.outbox.push(turn.sent.drain(..).map(|(_, frame)| frame));
        } else if turn.cut {
            turn.sent.clear();
        }
        self.settle(turn, happened, run);
        value
    }

    /// Whether an end has nobody to talk to any more: its peer's is lost or gone, or the line was cut. One that is still to
    /// come is none of these.
    pub(super) fn has_lost_peer(&self, side: usize) -> bool {
        let turn = self.turn();
        turn.cut || turn.machines[1 - side].as_ref().is_some_and(|machine| machine.lost().is_some())
    }

    /// Looks at the machine of one side.
    pub(super) fn look<T>(&self, side: usize, look: impl FnOnce(&State<Handles<C>>) -> T) -> T {
        look(self.turn().machine(side))
    }

    /// Gives a side the only frame that is on its way.
    fn pass(&self, side: usize, frame: Frame, mut turn: MutexGuard<'_, Turn<C>>, run: impl FnMut(Work<C>)) {
        let Some(machine) = &mut turn.machines[side] else { return };
        machine.receive(frame);
        if let Some(event) = machine.take_only_event() {
            let end = if is_plain_answer(&event) { None } else { self.end(side) };
            drop(turn);
            return apply(end, event, run);
        }
        let mut happened = Happened::new();
        turn.take(side, &mut happened);
        self.settle(turn, happened, run);
    }

    /// Moves what is on its way, lets the turn go, and does what is to be done.
    fn settle(&self, mut turn: MutexGuard<'_, Turn<C>>, mut happened: Happened<C>, run: impl FnMut(Work<C>)) {
        turn.exchange(&mut happened);
        if happened.is_empty() {
            return;
        }
        // Before the turn goes: an end may be given up by another thread, and what has happened there is to be done all the same.
        let ends = [0, 1].map(|side| self.end(side));
        drop(turn);
        let mut calls = Works::new();
        for (side, event) in happened {
            apply(ends[side].clone(), event, |work| calls.push(work));
        }
        calls.into_iter().for_each(run);
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

    fn set_frozen(&self, turn: &mut Turn<C>, frozen: bool) {
        turn.frozen = frozen;
        self.frozen.store(frozen, Ordering::Release);
    }

    fn end(&self, side: usize) -> Option<Arc<End<C>>> {
        self.ends[side].get().and_then(Weak::upgrade)
    }

    fn turn(&self) -> MutexGuard<'_, Turn<C>> {
        // No user code runs in a turn.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Does what is to be done at an end, without the turn.
fn apply<C: Codec>(end: Option<Arc<End<C>>>, event: Event<Handles<C>>, mut run: impl FnMut(Work<C>)) {
    match (event, end) {
        (Event::Job(job), Some(end)) => run(Work::call(end, job).1),
        (event, Some(end)) => end.apply([event], &mut run),
        (Event::Completed { caller, outcome }, None) => caller.set(outcome.map(Reply::plain)),
        // It is lost, and has nothing any more.
        (_, None) => {}
    }
}

/// Whether it can be done without the end.
fn is_plain_answer<C: Codec>(event: &Event<Handles<C>>) -> bool {
    let Event::Completed { outcome, .. } = event else { return false };
    outcome.as_ref().map_or(true, |answered| answered.values.objects.is_empty())
}

/// There is nothing to move.
pub(super) struct Unmoved;

impl Mover for Unmoved {
    fn wake(&self) {}
}

pub(super) fn gone() -> Exception {
    Exception::new(ExceptionKind::Disconnected, "the peer is gone")
}
