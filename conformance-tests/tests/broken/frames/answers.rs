//! Faults with answers: which call gets which, and what is left of an error.

use std::collections::{HashSet, VecDeque};

use ipc_core::{
    ExceptionKind,
    session::{
        Frame,
        frame::{CallId, CallOutcome, Failure, Payload},
    },
};

use super::{Frames, Moves};

/// Gives a handler's error without what it holds.
pub(crate) struct ForgetsTheErrorsData;

impl Frames for ForgetsTheErrorsData {
    fn outgoing(&mut self, mut frame: Frame) -> Moves {
        if let Frame::Return(answer) = &mut frame
            && let CallOutcome::Error(_) = answer.outcome
        {
            let failure = Failure { kind: ExceptionKind::Remote, message: "the call failed".into() };
            answer.outcome = CallOutcome::Thrown(failure);
        }
        Moves::out(frame)
    }
}

/// Gives exceptions without their message.
pub(crate) struct ForgetsMessages;

impl Frames for ForgetsMessages {
    fn outgoing(&mut self, mut frame: Frame) -> Moves {
        if let Frame::Return(answer) = &mut frame
            && let CallOutcome::Thrown(failure) = &mut answer.outcome
        {
            failure.message.clear();
        }
        Moves::out(frame)
    }
}

/// Gives the results before an error once more after it, if they are as long.
#[derive(Default)]
pub(crate) struct RepeatsResultsAfterAnError {
    last: Option<Payload>,
    failed: bool,
}

impl Frames for RepeatsResultsAfterAnError {
    fn incoming(&mut self, mut frame: Frame) -> Moves {
        if let Frame::Return(answer) = &mut frame {
            match &mut answer.outcome {
                CallOutcome::Results(results) if results.objects.is_empty() && !results.body.is_empty() => {
                    match &self.last {
                        Some(last) if self.failed && last.body.len() == results.body.len() => {
                            *results = last.clone();
                            self.failed = false;
                        }
                        _ => self.last = Some(results.clone()),
                    }
                }
                CallOutcome::Results(_) => {}
                _ => self.failed = true,
            }
        }
        Moves::back(frame)
    }
}

/// Gives the late answer of a call that was given up to the one that has waited longest.
#[derive(Default)]
pub(crate) struct AnswersWithWhatCameTooLate {
    waiting: VecDeque<CallId>,
    given_up: HashSet<CallId>,
    answered: HashSet<CallId>,
}

impl Frames for AnswersWithWhatCameTooLate {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        match &frame {
            Frame::Call(call) => {
                self.waiting.push_back(call.id);
            }
            Frame::Cancel { call } => {
                self.waiting.retain(|waiting| waiting != call);
                self.given_up.insert(*call);
                return Moves::default();
            }
            _ => {}
        }
        Moves::out(frame)
    }

    fn incoming(&mut self, mut frame: Frame) -> Moves {
        let Frame::Return(answer) = &mut frame else { return Moves::back(frame) };
        if self.answered.remove(&answer.call) {
            return Moves::default();
        }
        if self.given_up.remove(&answer.call) {
            let Some(&other) = self.waiting.front() else { return Moves::default() };
            answer.call = other;
            self.answered.insert(other);
        }
        self.waiting.retain(|waiting| *waiting != answer.call);
        Moves::back(frame)
    }
}

/// Has the peer end all calls when one is given up.
#[derive(Default)]
pub(crate) struct GivesAllUpForOne(HashSet<CallId>);

impl Frames for GivesAllUpForOne {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        match &frame {
            Frame::Call(call) => {
                self.0.insert(call.id);
            }
            Frame::Cancel { call } => {
                self.0.remove(call);
                let failure = Failure { kind: ExceptionKind::Cancelled, message: "another call was given up".into() };
                let others = self.0.drain().map(|other| super::forged(other, CallOutcome::Refused(failure.clone())));
                return Moves { back: others.collect(), ..Moves::out(frame.clone()) };
            }
            _ => {}
        }
        Moves::out(frame)
    }

    fn incoming(&mut self, frame: Frame) -> Moves {
        match &frame {
            Frame::Return(answer) if !self.0.remove(&answer.call) => Moves::default(),
            _ => Moves::back(frame),
        }
    }
}

/// Makes each call that needs no thread twice.
#[derive(Default)]
pub(crate) struct MakesCallsTwice {
    again: HashSet<CallId>,
    made: u64,
}

impl Frames for MakesCallsTwice {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        let again = match &frame {
            Frame::Call(call) if call.on.is_none() && call.args.objects.is_empty() => {
                self.made += 1;
                let id = CallId(u64::MAX - self.made);
                self.again.insert(id);
                let mut again = call.clone();
                again.id = id;
                Some(Frame::Call(again))
            }
            _ => None,
        };
        Moves { out: [frame].into_iter().chain(again).collect(), ..Moves::default() }
    }

    fn incoming(&mut self, frame: Frame) -> Moves {
        match frame {
            Frame::Return(answer) if self.again.remove(&answer.call) => Moves::default(),
            other => Moves::back(other),
        }
    }
}
