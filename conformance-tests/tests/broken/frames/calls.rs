//! Faults with calls and their answers.

use std::collections::{HashSet, VecDeque};

use conformance_tests::interfaces::Threads;
use ipc_core::{
    ExceptionKind, Interface,
    session::{
        Frame,
        frame::{Call, CallId, CallOutcome, Target},
    },
};

use super::{Frames, Moves, forged, nothing};

/// Gives what a handler throws as what this side has to say.
pub(crate) struct ThrowsAsRefused;

impl Frames for ThrowsAsRefused {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        with_outcome(frame, |outcome| match outcome {
            CallOutcome::Thrown(failure) => CallOutcome::Refused(failure),
            other => other,
        })
    }
}

/// Gives a panic as a success.
pub(crate) struct Swallows;

impl Frames for Swallows {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        with_outcome(frame, |outcome| match outcome {
            CallOutcome::Thrown(failure) if failure.message.contains("panicked") => nothing(),
            other => other,
        })
    }
}

/// Takes a panic for the end of the connection.
pub(crate) struct ClosesAtAPanic;

impl Frames for ClosesAtAPanic {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        let panicked =
            |outcome: &CallOutcome| matches!(outcome, CallOutcome::Thrown(why) if why.message.contains("panicked"));
        let closes = matches!(&frame, Frame::Return(answer) if panicked(&answer.outcome));
        let close = closes.then(|| Frame::Close { reason: "a panic".into() });
        Moves { out: [frame].into_iter().chain(close).collect(), ..Moves::default() }
    }
}

/// Gives calls of what is not known as failures of a handler.
pub(crate) struct AnswersUnknownAsRemote;

impl Frames for AnswersUnknownAsRemote {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        with_outcome(frame, |outcome| match outcome {
            CallOutcome::Refused(failure) if failure.kind == ExceptionKind::Unimplemented => {
                CallOutcome::Thrown(failure)
            }
            other => other,
        })
    }
}

fn with_outcome(mut frame: Frame, change: impl FnOnce(CallOutcome) -> CallOutcome) -> Moves {
    if let Frame::Return(answer) = &mut frame {
        answer.outcome = change(std::mem::replace(&mut answer.outcome, nothing()));
    }
    Moves::out(frame)
}

/// Does not say that a call is given up.
pub(crate) struct GivesUpSilently;

impl Frames for GivesUpSilently {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        if matches!(frame, Frame::Cancel { .. }) { Moves::default() } else { Moves::out(frame) }
    }
}

/// Begins a thread's call when that of another has been answered.
#[derive(Default)]
pub(crate) struct OneAfterTheOther {
    running: Option<CallId>,
    waiting: VecDeque<Call>,
}

impl Frames for OneAfterTheOther {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        let mut moves = Moves::default();
        if let Frame::Return(answer) = &frame
            && self.running == Some(answer.call)
        {
            let next = self.waiting.pop_front();
            self.running = next.as_ref().map(|call| call.id);
            moves.back.extend(next.map(Frame::Call));
        }
        moves.out.push(frame);
        moves
    }

    fn incoming(&mut self, frame: Frame) -> Moves {
        match frame {
            Frame::Call(call) if matches!(call.on, Some(Target::Worker { .. })) => {
                if self.running.is_some() {
                    self.waiting.push_back(call);
                    return Moves::default();
                }
                self.running = Some(call.id);
                Moves::back(Frame::Call(call))
            }
            other => Moves::back(other),
        }
    }
}

/// Answers calls that have no results before they are made, and makes the next one first.
#[derive(Default)]
pub(crate) struct Reorders {
    held: Option<Frame>,
    answered: HashSet<CallId>,
}

impl Frames for Reorders {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        if let Some(held) = self.held.take() {
            return Moves { out: vec![frame, held], ..Moves::default() };
        }
        match frame {
            Frame::Call(call) if is_note(&call) => {
                let answer = forged(call.id, nothing());
                self.answered.insert(call.id);
                self.held = Some(Frame::Call(call));
                Moves::back(answer)
            }
            other => Moves::out(other),
        }
    }

    fn incoming(&mut self, frame: Frame) -> Moves {
        match frame {
            Frame::Return(answer) if self.answered.remove(&answer.call) => Moves::default(),
            other => Moves::back(other),
        }
    }
}

fn is_note(call: &Call) -> bool {
    let schema = <dyn Threads as Interface>::SCHEMA;
    call.interface == schema.id && schema.method(call.ordinal).is_some_and(|method| method.name == "note")
}
