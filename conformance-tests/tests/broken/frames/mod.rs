//! Faults of what moves frames: they are lost, doubled, held back, changed, or answered by nobody.

mod answers;
mod calls;
mod objects;
mod threads;

use ipc_core::{
    ExceptionKind,
    session::{
        Frame,
        frame::{CallId, CallOutcome, Failure, Payload, Return},
    },
};

pub(crate) use answers::{
    AnswersWithWhatCameTooLate, ForgetsMessages, ForgetsTheErrorsData, GivesAllUpForOne, MakesCallsTwice,
    RepeatsResultsAfterAnError,
};
pub(crate) use calls::{
    AnswersUnknownAsRemote, ClosesAtAPanic, GivesUpSilently, OneAfterTheOther, Reorders, Swallows, ThrowsAsRefused,
};
pub(crate) use objects::{
    Doubles, ForgetsCallbacks, GivesNoObjectsOfObjects, HoldsBack, Loses, OnlyItsThread, ReleasesTooFew, Tolerates,
    WaitsForNoDrop,
};
pub(crate) use threads::{
    Alternates, CallbacksElsewhere, ChangesDeadlines, CutsNames, DestroysElsewhere, ForgetsNames,
    ForgetsWhoCallsFromACallback, KeepsTheAbandoned, KeepsThreads, OneForAll, Restarts, RunsLateCallsBack,
    TellsOfEndsLate,
};

/// Which end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// What is done instead of moving a frame on.
#[derive(Default)]
pub(crate) struct Moves {
    /// Frames for the stream.
    pub(crate) out: Vec<Frame>,
    /// Frames for this end.
    pub(crate) back: Vec<Frame>,
    /// All connections of the process are to be closed.
    pub(crate) closes_all: bool,
}

impl Moves {
    pub(crate) fn out(frame: Frame) -> Self {
        Self { out: vec![frame], ..Self::default() }
    }

    pub(crate) fn back(frame: Frame) -> Self {
        Self { back: vec![frame], ..Self::default() }
    }
}

/// One end's frames, as they come by.
pub(crate) trait Frames: Send {
    /// One of this end's.
    fn outgoing(&mut self, frame: Frame) -> Moves {
        Moves::out(frame)
    }

    /// One of the peer's.
    fn incoming(&mut self, frame: Frame) -> Moves {
        Moves::back(frame)
    }
}

/// Without a fault.
pub(crate) struct Sound;

impl Frames for Sound {}

/// A fault of one side only.
pub(crate) fn of(faulty: Side, side: Side, fault: impl Frames + 'static) -> OneSided {
    OneSided(if faulty == side { Box::new(fault) } else { Box::new(Sound) })
}

pub(crate) struct OneSided(Box<dyn Frames>);

impl Frames for OneSided {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        self.0.outgoing(frame)
    }

    fn incoming(&mut self, frame: Frame) -> Moves {
        self.0.incoming(frame)
    }
}

/// An answer that nobody gave.
fn forged(call: CallId, outcome: CallOutcome) -> Frame {
    Frame::Return(Return { call, outcome })
}

fn nothing() -> CallOutcome {
    CallOutcome::Results(Payload::default())
}

fn refused(kind: ExceptionKind, message: &str) -> CallOutcome {
    CallOutcome::Refused(Failure { kind, message: message.into() })
}
