//! Both sides, what is on the way between them, and what has to hold for them together.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    side::{Busy, Fate, Side, Thread},
    *,
};
use crate::session::frame::{CallOutcome, ObjectRef};

/// Both sides and what is on the way between them.
pub(super) struct World {
    pub(super) sides: [Side; 2],
    /// Frames on the way to each side.
    wires: [VecDeque<Frame>; 2],
    tokens: u32,
}

impl World {
    pub(super) fn new() -> Self {
        let (machines, root) = greeted(&Limits::default());
        let mut sides = machines.map(|machine| Side {
            machine,
            threads: (0..3).map(|_| Thread::default()).collect(),
            workers: BTreeMap::new(),
            kept: Vec::new(),
            fates: BTreeMap::new(),
            delivered: BTreeSet::new(),
            given: BTreeMap::new(),
            live: BTreeSet::new(),
            made: BTreeSet::new(),
            losses: 0,
            anybody: Vec::new(),
        });
        sides[0].kept.push(root);
        Self { sides, wires: Default::default(), tokens: 0 }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.sides.iter().all(|side| side.machine.lost().is_some())
    }

    /// A thread calls an object that its side keeps, and passes an own object, or one that it keeps.
    pub(super) fn call(&mut self, at: usize, thread: usize, object: usize, pass: Option<u32>, context: bool) {
        let side = &mut self.sides[at];
        let thread = thread % side.threads.len();
        if side.kept.is_empty() || matches!(side.threads[thread].busy.last(), Some(Busy::Waits { .. })) {
            return;
        }
        if side.threads[thread].worker && side.threads[thread].busy.is_empty() {
            // It has nothing to do that would call.
            return;
        }
        let object = side.kept[object % side.kept.len()];
        let passed = match pass {
            None => Vec::new(),
            Some(n) if n % 3 == 0 => vec![Passed::Peer(side.kept[n as usize % side.kept.len()])],
            // The same twice is two references.
            Some(n) => vec![Passed::Own(n % 5); 1 + n as usize % 2],
        };
        self.tokens += 1;
        let token = self.tokens;
        let serves = match side.threads[thread].busy.last() {
            Some(Busy::Serves { call, .. }) => Some(*call),
            _ => None,
        };
        let on = match serves {
            _ if !context => None,
            Some(call) => Some(CallOn::Waiting(call)),
            None => {
                let key = *side.threads[thread].key.get_or_insert_with(|| side.machine.new_thread());
                Some(CallOn::Own(key, "thread"))
            }
        };
        let own = matches!(on, Some(CallOn::Own(..)));
        match side.machine.call(call(object, on, passed, token)) {
            Err(why) => {
                assert!(side.machine.lost().is_some());
                assert_eq!(why.kind(), ExceptionKind::Disconnected);
            }
            Ok(call) => {
                assert!(side.made.insert(call.0), "{call:?} was used before");
                side.fates.insert(token, Fate::Pending);
                side.threads[thread].busy.push(Busy::Waits { token, call, own, done: false });
            }
        }
        self.settle(at);
    }

    /// The next frame on the way to a side arrives.
    pub(super) fn deliver(&mut self, to: usize) -> bool {
        let Some(frame) = self.wires[to].pop_front() else { return false };
        self.sides[to].machine.receive(frame);
        self.settle(to);
        true
    }

    /// A thread that serves answers, and keeps what it was passed, or drops it.
    pub(super) fn answer(&mut self, at: usize, thread: usize, keeps: bool, gives: Option<u32>) -> bool {
        let side = &mut self.sides[at];
        let thread = thread % side.threads.len();
        let Some(Busy::Serves { .. }) = side.threads[thread].busy.last() else { return false };
        let Some(Busy::Serves { call, shares }) = side.threads[thread].busy.pop() else { return false };
        let gives = match gives {
            None => Vec::new(),
            Some(n) if n % 2 == 0 && !shares.is_empty() => vec![Passed::Peer(shares[0])],
            Some(n) => vec![Passed::Own(n % 5)],
        };
        let answer = match gives.len() {
            0 => Answer::Thrown(Exception::new(ExceptionKind::Disconnected, "of the handler's own")),
            _ => Answer::Results(values(gives)),
        };
        side.machine.answer(call, answer);
        if keeps {
            side.kept.extend(shares);
        } else {
            shares.into_iter().for_each(|share| side.machine.drop_share(share));
        }
        self.settle(at);
        true
    }

    /// A side drops a share: as a proxy, or with the object's destructor.
    pub(super) fn drop_share(&mut self, at: usize, share: usize, destroys: Option<usize>) -> bool {
        let side = &mut self.sides[at];
        if side.kept.is_empty() {
            return false;
        }
        let share = side.kept.remove(share % side.kept.len());
        match destroys {
            None => side.machine.drop_share(share),
            Some(thread) => {
                let thread = thread % side.threads.len();
                if matches!(side.threads[thread].busy.last(), Some(Busy::Waits { .. })) {
                    side.kept.push(share);
                    return false;
                }
                let on = match side.threads[thread].busy.last() {
                    Some(Busy::Serves { call, .. }) => CallOn::Waiting(*call),
                    _ => CallOn::Own(
                        *side.threads[thread].key.get_or_insert_with(|| side.machine.new_thread()),
                        "thread",
                    ),
                };
                let own = matches!(on, CallOn::Own(..));
                self.tokens += 1;
                let token = self.tokens;
                if let Ok(Some(call)) = side.machine.destroy(share, on, Some(token)) {
                    assert!(side.made.insert(call.0), "{call:?} was used before");
                    side.fates.insert(token, Fate::Pending);
                    side.threads[thread].busy.push(Busy::Waits { token, call, own, done: false });
                }
            }
        }
        self.settle(at);
        true
    }

    /// A deadline passes: the thread's innermost wait ends.
    pub(super) fn give_up(&mut self, at: usize, thread: usize) {
        let side = &mut self.sides[at];
        let thread = thread % side.threads.len();
        let Some(Busy::Waits { token, call, own, .. }) =
            side.threads[thread].busy.pop_if(|busy| matches!(busy, Busy::Waits { done: false, .. }))
        else {
            return;
        };
        side.machine.give_up(call);
        let former = side.fates.insert(token, Fate::GivenUp);
        assert_eq!(former, Some(Fate::Pending));
        if own && let Some(key) = side.threads[thread].key.take() {
            side.machine.end_thread(key);
        }
        side.refuse(thread, call);
        self.settle(at);
    }

    pub(super) fn end_thread(&mut self, at: usize, thread: usize) {
        let side = &mut self.sides[at];
        let thread = thread % side.threads.len();
        if side.threads[thread].busy.is_empty()
            && let Some(key) = side.threads[thread].key.take()
        {
            side.machine.end_thread(key);
        }
        self.settle(at);
    }

    /// The wire is cut: what is on the way is lost, and both sides notice.
    pub(super) fn cut(&mut self) {
        for at in 0..2 {
            self.wires[at].clear();
            self.sides[at].machine.lose(Exception::new(ExceptionKind::Disconnected, "cut"));
            self.settle(at);
        }
        self.wires.iter_mut().for_each(VecDeque::clear);
    }

    pub(super) fn close(&mut self, at: usize) {
        self.sides[at].machine.close("closed");
        self.settle(at);
    }

    /// Does what the machine wants done, and has what can go on go on.
    fn settle(&mut self, at: usize) {
        let side = &mut self.sides[at];
        loop {
            let events = side.machine.take_events().collect::<Vec<_>>();
            let quiet = events.is_empty();
            events.into_iter().for_each(|event| side.apply(event));
            side.go_on();
            if quiet {
                break;
            }
        }
        let frames = side.machine.take_frames().collect::<Vec<_>>();
        if self.sides[1 - at].machine.lost().is_none() {
            self.wires[1 - at].extend(frames);
        }
        self.check();
    }

    /// What has to hold at every moment.
    fn check(&mut self) {
        for at in 0..2 {
            self.sides[at].check_shares();
            self.sides[at].check_ids();
            if self.sides.iter().all(|side| side.machine.lost().is_none()) {
                self.check_counts(at);
            }
        }
    }

    /// Each count of an export is a reference on the way, one that the peer has, or one on its way back.
    fn check_counts(&self, at: usize) {
        let (side, peer) = (&self.sides[at].machine, &self.sides[1 - at].machine);
        let mut expected: BTreeMap<u64, u64> = BTreeMap::new();
        for frame in &self.wires[1 - at] {
            for reference in references(frame) {
                if let ObjectRef::Sender(id) = reference {
                    *expected.entry(id.0).or_default() += 1;
                }
            }
        }
        for frame in &self.wires[at] {
            if let Frame::Release { object, count } = frame {
                *expected.entry(object.0).or_default() += count;
            }
            if let Frame::Destroy(destroy) = frame {
                *expected.entry(destroy.object.0).or_default() += destroy.count;
            }
        }
        for (id, import) in &peer.imports {
            *expected.entry(id.0).or_default() += import.received;
        }
        assert_eq!(side.exports.counts(), expected, "what side {at} counts is not what there is");
    }

    /// Lets everything come to its end, and checks that nothing is left.
    pub(super) fn finish(mut self) {
        loop {
            let mut went_on = false;
            for at in 0..2 {
                while self.deliver(at) {
                    went_on = true;
                }
                for thread in 0..self.sides[at].threads.len() {
                    while self.answer(at, thread, false, None) {
                        went_on = true;
                    }
                }
                while self.drop_share(at, 0, None) {
                    went_on = true;
                }
            }
            if !went_on {
                break;
            }
        }
        for at in 0..2 {
            (0..self.sides[at].threads.len()).for_each(|thread| self.end_thread(at, thread));
        }
        while self.deliver(0) || self.deliver(1) {}
        for side in &self.sides {
            assert_eq!(side.machine.counts(), Counts::default());
            assert!(side.fates.values().all(|fate| *fate != Fate::Pending), "a call never ended: {:?}", side.fates);
            let left = side.threads.iter().filter(|thread| !thread.busy.is_empty() || !thread.inbox.is_empty());
            assert_eq!(left.count(), 0, "{:?}", side.threads);
            assert!(side.losses <= 1);
        }
        assert_eq!(self.sides[0].losses, self.sides[1].losses);
    }
}

fn references(frame: &Frame) -> &[ObjectRef] {
    match frame {
        Frame::Call(call) => &call.args.objects,
        Frame::Return(answer) => match &answer.outcome {
            CallOutcome::Results(payload) | CallOutcome::Error(payload) => &payload.objects,
            CallOutcome::Thrown(_) | CallOutcome::Refused(_) => &[],
        },
        _ => &[],
    }
}
