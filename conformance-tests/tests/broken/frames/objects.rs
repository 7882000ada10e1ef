//! Faults with objects: those that are let go of, kept, called and given.

use std::collections::{HashMap, HashSet};

use ipc_core::{
    ExceptionKind,
    session::{
        Frame,
        frame::{CallId, CallOutcome, ObjectId, ObjectRef, Payload, Target, ThreadKey},
    },
};

use super::{Frames, Moves, Side, forged, nothing, refused};

/// Loses each release.
pub(crate) struct Loses;

impl Frames for Loses {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        if let Frame::Release { .. } = frame { Moves::default() } else { Moves::out(frame) }
    }
}

/// Sends each release twice.
pub(crate) struct Doubles;

impl Frames for Doubles {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        let again = if let Frame::Release { .. } = frame { Some(frame.clone()) } else { None };
        Moves { out: [frame].into_iter().chain(again).collect(), ..Moves::default() }
    }
}

/// Sends releases with the next call only.
#[derive(Default)]
pub(crate) struct HoldsBack(Vec<Frame>);

impl Frames for HoldsBack {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        match frame {
            Frame::Release { .. } => {
                self.0.push(frame);
                Moves::default()
            }
            Frame::Call(_) => {
                self.0.push(frame);
                Moves { out: std::mem::take(&mut self.0), ..Moves::default() }
            }
            other => Moves::out(other),
        }
    }
}

/// Lets an object be called only by the thread that called it first.
#[derive(Default)]
pub(crate) struct OnlyItsThread {
    root: Option<ObjectId>,
    threads: HashMap<ObjectId, ThreadKey>,
}

impl Frames for OnlyItsThread {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        if let Frame::Call(call) = &frame
            && let Some(Target::Worker { thread, .. }) = &call.on
            && self.root != Some(call.object)
            && self.threads.entry(call.object).or_insert(*thread) != thread
        {
            return Moves::back(forged(call.id, refused(ExceptionKind::Protocol, "another thread has it")));
        }
        Moves::out(frame)
    }

    fn incoming(&mut self, frame: Frame) -> Moves {
        if let Frame::Welcome(welcome) = &frame {
            self.root = Some(welcome.root);
        }
        Moves::back(frame)
    }
}

/// Does not mind ids that it never gave: or has all pay for them.
pub(crate) struct Tolerates {
    given: HashSet<ObjectId>,
    all_pay: bool,
}

impl Tolerates {
    pub(crate) fn new(all_pay: bool) -> Self {
        Self { given: HashSet::new(), all_pay }
    }
}

impl Frames for Tolerates {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        match &frame {
            Frame::Welcome(welcome) => {
                self.given.insert(welcome.root);
            }
            frame => self.given.extend(payload(frame).into_iter().flat_map(given)),
        }
        Moves::out(frame)
    }

    fn incoming(&mut self, frame: Frame) -> Moves {
        let object = match &frame {
            Frame::Call(call) => Some(call.object),
            Frame::Destroy(destroy) => Some(destroy.object),
            Frame::Release { object, .. } => Some(*object),
            _ => None,
        };
        if object.is_none_or(|object| self.given.contains(&object)) {
            return Moves::back(frame);
        }
        Moves { closes_all: self.all_pay, ..Moves::default() }
    }
}

/// Lets callbacks be called only until the call has ended that passed them.
#[derive(Default)]
pub(crate) struct ForgetsCallbacks {
    passed: HashMap<CallId, Vec<ObjectId>>,
    gone: HashSet<ObjectId>,
}

impl Frames for ForgetsCallbacks {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        match &frame {
            Frame::Return(answer) => self.gone.extend(self.passed.remove(&answer.call).unwrap_or_default()),
            Frame::Call(call) if self.gone.contains(&call.object) => {
                return Moves::back(forged(call.id, refused(ExceptionKind::Cancelled, "its call has ended")));
            }
            _ => {}
        }
        Moves::out(frame)
    }

    fn incoming(&mut self, frame: Frame) -> Moves {
        if let Frame::Call(call) = &frame {
            let passed: Vec<_> = given(&call.args).collect();
            self.gone.retain(|object| !passed.contains(object));
            self.passed.insert(call.id, passed);
        }
        Moves::back(frame)
    }
}

/// Takes the answer to a destructor for given, and has it run later.
#[derive(Default)]
pub(crate) struct WaitsForNoDrop {
    held: Option<Frame>,
    answered: HashSet<CallId>,
}

impl Frames for WaitsForNoDrop {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        if let Frame::Destroy(destroy) = &frame {
            let answer = forged(destroy.id, nothing());
            self.answered.insert(destroy.id);
            let before = self.held.replace(frame);
            return Moves { out: before.into_iter().collect(), ..Moves::back(answer) };
        }
        Moves { out: self.held.take().into_iter().chain([frame]).collect(), ..Moves::default() }
    }

    fn incoming(&mut self, frame: Frame) -> Moves {
        match frame {
            Frame::Return(answer) if self.answered.remove(&answer.call) => Moves::default(),
            other => Moves::back(other),
        }
    }
}

/// Gives no objects as results of any object but the root.
pub(crate) struct GivesNoObjectsOfObjects {
    pub(crate) side: Side,
    pub(crate) root: Option<ObjectId>,
    pub(crate) calls: HashSet<CallId>,
}

impl Frames for GivesNoObjectsOfObjects {
    fn outgoing(&mut self, mut frame: Frame) -> Moves {
        match &mut frame {
            Frame::Welcome(welcome) => self.root = Some(welcome.root),
            Frame::Return(answer) if self.calls.remove(&answer.call) && self.side == Side::Server => {
                if let CallOutcome::Results(results) = &mut answer.outcome {
                    results.objects.clear();
                }
            }
            _ => {}
        }
        Moves::out(frame)
    }

    fn incoming(&mut self, frame: Frame) -> Moves {
        if let Frame::Call(call) = &frame
            && self.root != Some(call.object)
        {
            self.calls.insert(call.id);
        }
        Moves::back(frame)
    }
}

/// Gives one reference too few back of an object that came more than once.
pub(crate) struct ReleasesTooFew;

impl Frames for ReleasesTooFew {
    fn outgoing(&mut self, mut frame: Frame) -> Moves {
        if let Frame::Release { count, .. } = &mut frame {
            *count = (*count - 1).max(1);
        }
        Moves::out(frame)
    }
}

fn payload(frame: &Frame) -> Option<&Payload> {
    match frame {
        Frame::Call(call) => Some(&call.args),
        Frame::Return(answer) => match &answer.outcome {
            CallOutcome::Results(payload) | CallOutcome::Error(payload) => Some(payload),
            CallOutcome::Thrown(_) | CallOutcome::Refused(_) => None,
        },
        _ => None,
    }
}

/// The objects of the sender's in a payload.
fn given(payload: &Payload) -> impl Iterator<Item = ObjectId> {
    payload.objects.iter().filter_map(|object| match object {
        ObjectRef::Sender(id) => Some(*id),
        ObjectRef::Receiver(_) => None,
    })
}
