//! The threaded form: frames move on the thread that sends them.
//!
//! Whoever has frames to send gives them to the other end itself, so that an answer wakes the very thread that waits for it
//! and nobody else runs in between. A lane is moved by one thread at a time; what moving one end's frames makes the other
//! send is moved after that, by the same thread.

use std::{
    cell::RefCell,
    collections::VecDeque,
    mem::{self, ManuallyDrop},
    ptr,
    sync::{Arc, OnceLock, PoisonError, Weak},
};

use ipc_core::{
    Exception, ExceptionKind,
    session::{End, Inline, Mover},
};

use crate::{
    encoding::Bincode,
    sync::{Mutex, MutexGuard, thread_local},
};

/// One end of a connection of this transport.
pub(crate) type LocalEnd = End<Bincode>;

/// Both directions between two ends. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moved(Arc<Lanes>);

#[derive(Debug, Default)]
struct Lanes {
    lanes: [Lane; 2],
}

/// One direction.
#[derive(Debug, Default)]
struct Lane {
    from: OnceLock<Weak<LocalEnd>>,
    to: OnceLock<Weak<LocalEnd>>,
    /// Held while frames move.
    gate: Mutex<Gate>,
}

#[derive(Debug, Default)]
struct Gate {
    frozen: bool,
    cut: bool,
}

/// Which side of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client = 0,
    Server = 1,
}

impl Moved {
    /// Cuts it, as a peer does that vanishes without a goodbye: what is on the way is lost, and both ends notice at once.
    pub(crate) fn cut(&self) {
        let ends = self.0.lanes.each_ref().map(|lane| {
            lane.gate().cut = true;
            lane.end(&lane.from)
        });
        for end in ends.into_iter().flatten() {
            end.lose(gone());
        }
    }

    /// Freezes it: nothing arrives any more, in either direction, until it [thaws](Self::thaw) or is cut. Returns once nothing
    /// is on the way.
    pub(crate) fn freeze(&self) {
        self.0.lanes.iter().for_each(|lane| lane.gate().frozen = true);
    }

    /// Has it go on, with what waited meanwhile.
    pub(crate) fn thaw(&self) {
        self.0.lanes.iter().for_each(|lane| lane.gate().frozen = false);
        for lane in [0, 1] {
            pump(&self.0, lane);
        }
    }

    /// Has an end be on one side; gives what moves its frames. There is one of each side: a further one's are not moved.
    pub(crate) fn attach(&self, side: Side, end: &Weak<LocalEnd>) -> LaneMover {
        let own = side as usize;
        let attached = self.0.lanes[own].from.set(end.clone()).is_ok();
        if attached {
            let _ = self.0.lanes[1 - own].to.set(end.clone());
        }
        LaneMover { lanes: self.0.clone(), lane: attached.then_some(own) }
    }

    /// Whether the line was cut.
    pub(crate) fn is_cut(&self) -> bool {
        self.0.lanes[0].gate().cut
    }

    /// Moves what was sent before the end on this side came.
    pub(crate) fn catch_up(&self, side: Side) {
        pump(&self.0, 1 - side as usize);
    }

    /// Whether an end is the one on this side.
    pub(crate) fn has(&self, side: Side, end: &Arc<LocalEnd>) -> bool {
        self.0.lanes[side as usize].from.get().is_some_and(|known| ptr::eq(known.as_ptr(), Arc::as_ptr(end)))
    }
}

/// Moves the frames of one end.
#[derive(Debug)]
pub(crate) struct LaneMover {
    lanes: Arc<Lanes>,
    lane: Option<usize>,
}

impl Mover for LaneMover {
    fn wake(&self) {
        if let Some(lane) = self.lane {
            pump(&self.lanes, lane);
        }
    }
}

type Due = VecDeque<(Arc<Lanes>, usize)>;

thread_local! {
    /// The lanes that this thread is to move next, while it moves one. Without a destructor, so that it is there during
    /// thread-local teardown too; it is empty then.
    static DUE: RefCell<ManuallyDrop<Option<Due>>> = const { RefCell::new(ManuallyDrop::new(None)) };
}

/// Moves what is in a lane; if this thread moves another, after that.
fn pump(lanes: &Arc<Lanes>, lane: usize) {
    let first = due(|due| match due {
        Some(due) => {
            due.push_back((lanes.clone(), lane));
            false
        }
        None => {
            *due = Some(VecDeque::from([(lanes.clone(), lane)]));
            true
        }
    });
    if !first {
        return;
    }
    let mut calls = Vec::new();
    let end = EndMoving;
    while let Some((lanes, lane)) = due(|due| due.as_mut().and_then(VecDeque::pop_front)) {
        lanes.lanes[lane].move_all(&mut calls);
    }
    drop(end);
    // Handlers run outside of all that.
    calls.into_iter().for_each(Inline::run);
}

fn due<T>(work: impl FnOnce(&mut Option<Due>) -> T) -> T {
    DUE.with(|due| work(&mut due.borrow_mut()))
}

/// The thread moves nothing any more.
struct EndMoving;

impl Drop for EndMoving {
    fn drop(&mut self) {
        let left = due(mem::take);
        drop(left);
    }
}

impl Lane {
    fn move_all(&self, calls: &mut Vec<Inline<Bincode>>) {
        let gate = self.gate();
        if gate.frozen || gate.cut {
            return;
        }
        let Some(to) = self.end(&self.to) else { return };
        if self.from.get().is_none() {
            // It is still to come.
            return;
        }
        let Some(from) = self.end(&self.from) else {
            to.lose(gone());
            return;
        };
        // What is closed now has nothing more to come than what is in it now.
        let closed = from.outbox().is_closed();
        for frame in from.outbox().take_all() {
            let weight = frame.weight();
            let inline = to.receive(frame);
            if !inline.is_empty() {
                calls.push(inline);
            }
            from.outbox().written(weight);
        }
        if closed {
            to.lose(gone());
        }
    }

    fn end(&self, end: &OnceLock<Weak<LocalEnd>>) -> Option<Arc<LocalEnd>> {
        end.get().and_then(Weak::upgrade)
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn gone() -> Exception {
    Exception::new(ExceptionKind::Disconnected, "the peer is gone")
}
