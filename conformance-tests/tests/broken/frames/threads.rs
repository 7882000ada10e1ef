//! Faults with the threads that calls are for, and with deadlines.

use std::{collections::HashMap, time::Duration};

use ipc_core::session::{
    Frame,
    frame::{CallId, Target, ThreadKey},
};

use super::{Frames, Moves, Side};

/// Shares the calls of a client's thread out to two server threads.
#[derive(Default)]
pub(crate) struct Alternates {
    names: Names,
    /// How many each has made: two threads that call in turn share nothing out by their calls together.
    calls: HashMap<ThreadKey, u64>,
}

impl Frames for Alternates {
    fn outgoing(&mut self, mut frame: Frame) -> Moves {
        if let Frame::End { thread } = frame {
            let out = [0, 1].map(|n| Frame::End { thread: ThreadKey(2 * thread.0 + n) });
            return Moves { out: out.into(), ..Moves::default() };
        }
        if let Some((thread, name)) = worker(&mut frame) {
            let calls = self.calls.entry(*thread).or_default();
            *calls += 1;
            self.names.always(*thread, name);
            thread.0 = 2 * thread.0 + *calls % 2;
        }
        Moves::out(frame)
    }
}

/// Ends the server thread after each call.
#[derive(Default)]
pub(crate) struct Restarts {
    names: Names,
    running: HashMap<CallId, ThreadKey>,
    calls: u64,
}

impl Frames for Restarts {
    fn outgoing(&mut self, mut frame: Frame) -> Moves {
        if let Frame::End { .. } = frame {
            return Moves::default();
        }
        let call = if let Frame::Call(call) = &frame { Some(call.id) } else { None };
        if let Some((thread, name)) = worker(&mut frame) {
            self.calls += 1;
            self.names.always(*thread, name);
            *thread = ThreadKey(self.calls);
            self.running.extend(call.map(|call| (call, *thread)));
        }
        Moves::out(frame)
    }

    fn incoming(&mut self, frame: Frame) -> Moves {
        let ended = match &frame {
            Frame::Return(answer) => self.running.remove(&answer.call),
            _ => None,
        };
        Moves { out: ended.map(|thread| Frame::End { thread }).into_iter().collect(), ..Moves::back(frame) }
    }
}

/// Has one thread of the peer's for all of this side's, if it is this side.
pub(crate) struct OneForAll {
    pub(crate) applies: bool,
}

impl Frames for OneForAll {
    fn outgoing(&mut self, mut frame: Frame) -> Moves {
        if !self.applies {
            return Moves::out(frame);
        }
        if let Frame::End { .. } = frame {
            return Moves::default();
        }
        if let Some((thread, name)) = worker(&mut frame) {
            *thread = ThreadKey(1);
            *name = Some("all".into());
        }
        Moves::out(frame)
    }
}

/// Has the server's calls back run on a thread of their own each.
pub(crate) struct CallbacksElsewhere {
    pub(crate) side: Side,
    pub(crate) calls: u64,
}

impl Frames for CallbacksElsewhere {
    fn outgoing(&mut self, mut frame: Frame) -> Moves {
        if self.side == Side::Server
            && let Frame::Call(call) = &mut frame
            && let Some(on @ Target::Waiting(_)) = &mut call.on
        {
            self.calls += 1;
            *on = Target::Worker { thread: ThreadKey(u64::MAX - self.calls), name: Some("elsewhere".into()) };
        }
        Moves::out(frame)
    }
}

/// Tells nobody that a thread has ended.
pub(crate) struct KeepsThreads;

impl Frames for KeepsThreads {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        if let Frame::End { .. } = frame { Moves::default() } else { Moves::out(frame) }
    }
}

/// Calls all threads by one name.
pub(crate) struct ForgetsNames;

impl Frames for ForgetsNames {
    fn outgoing(&mut self, mut frame: Frame) -> Moves {
        if let Some((_, Some(name))) = worker(&mut frame) {
            *name = "worker".into();
        }
        Moves::out(frame)
    }
}

/// Has calls back run that come when their call has been given up, of which nobody is told.
pub(crate) struct RunsLateCallsBack(pub(crate) CallbacksElsewhere);

impl Frames for RunsLateCallsBack {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        if let Frame::Cancel { .. } = frame { Moves::default() } else { self.0.outgoing(frame) }
    }
}

/// Gives a thread whose call was given up the same server thread again.
#[derive(Default)]
pub(crate) struct KeepsTheAbandoned {
    by_name: HashMap<String, ThreadKey>,
    same: HashMap<ThreadKey, ThreadKey>,
}

impl Frames for KeepsTheAbandoned {
    fn outgoing(&mut self, mut frame: Frame) -> Moves {
        if let Frame::End { .. } = frame {
            return Moves::default();
        }
        if let Some((thread, name)) = worker(&mut frame) {
            if let Some(name) = name {
                let former = *self.by_name.entry(name.clone()).or_insert(*thread);
                self.same.insert(*thread, former);
            }
            *thread = self.same.get(thread).copied().unwrap_or(*thread);
        }
        Moves::out(frame)
    }
}

/// Sends the first fifteen bytes of names.
pub(crate) struct CutsNames;

impl Frames for CutsNames {
    fn outgoing(&mut self, mut frame: Frame) -> Moves {
        if let Some((_, Some(name))) = worker(&mut frame) {
            let end = (0..=name.len().min(15)).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
            name.truncate(end);
        }
        Moves::out(frame)
    }
}

/// Tells of the end of a thread with the next call only.
#[derive(Default)]
pub(crate) struct TellsOfEndsLate(Vec<Frame>);

impl Frames for TellsOfEndsLate {
    fn outgoing(&mut self, frame: Frame) -> Moves {
        if let Frame::End { .. } = frame {
            self.0.push(frame);
            return Moves::default();
        }
        // A call that needs no thread is none.
        let call = matches!(&frame, Frame::Call(call) if call.on.is_some());
        let ends = if call { std::mem::take(&mut self.0) } else { Vec::new() };
        Moves { out: ends.into_iter().chain([frame]).collect(), ..Moves::default() }
    }
}

/// Has the calls that a callback makes run beside the one that it belongs to.
pub(crate) struct ForgetsWhoCallsFromACallback {
    pub(crate) side: Side,
    pub(crate) calls: u64,
}

impl Frames for ForgetsWhoCallsFromACallback {
    fn outgoing(&mut self, mut frame: Frame) -> Moves {
        if self.side == Side::Client
            && let Frame::Call(call) = &mut frame
            && let Some(on @ Target::Waiting(_)) = &mut call.on
        {
            self.calls += 1;
            *on = Target::Worker { thread: ThreadKey(u64::MAX - self.calls), name: Some("beside".into()) };
        }
        Moves::out(frame)
    }
}

/// Has destructors run on a thread of their own.
#[derive(Default)]
pub(crate) struct DestroysElsewhere(u64);

impl Frames for DestroysElsewhere {
    fn outgoing(&mut self, mut frame: Frame) -> Moves {
        if let Frame::Destroy(destroy) = &mut frame {
            self.0 += 1;
            destroy.on = Target::Worker { thread: ThreadKey(u64::MAX - self.0), name: Some("destructor".into()) };
        }
        Moves::out(frame)
    }
}

/// Changes the deadlines that are sent: of all calls, or of those that belong to one of the peer's.
pub(crate) struct ChangesDeadlines {
    pub(crate) of_calls_back_only: bool,
    pub(crate) change: fn(Duration) -> Option<Duration>,
}

impl Frames for ChangesDeadlines {
    fn outgoing(&mut self, mut frame: Frame) -> Moves {
        if let Frame::Call(call) = &mut frame
            && (!self.of_calls_back_only || matches!(call.on, Some(Target::Waiting(_))))
        {
            call.deadline = call.deadline.and_then(self.change);
        }
        Moves::out(frame)
    }
}

/// The thread that a call is for, and its name if that is sent.
fn worker(frame: &mut Frame) -> Option<(&mut ThreadKey, &mut Option<String>)> {
    let on = match frame {
        Frame::Call(call) => call.on.as_mut()?,
        Frame::Destroy(destroy) => &mut destroy.on,
        _ => return None,
    };
    match on {
        Target::Worker { thread, name } => Some((thread, name)),
        Target::Waiting(_) => None,
    }
}

/// The names of threads, which are sent once only.
#[derive(Default)]
struct Names(HashMap<ThreadKey, String>);

impl Names {
    fn always(&mut self, thread: ThreadKey, name: &mut Option<String>) {
        let known = self.0.entry(thread).or_insert_with(|| name.clone().unwrap_or_default());
        *name = Some(known.clone());
    }
}
