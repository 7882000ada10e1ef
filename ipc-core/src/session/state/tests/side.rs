//! One side: its threads, what they are busy with, and what has to hold for what it has.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::*;

/// Something that a thread is busy with.
#[derive(Debug)]
pub(super) enum Busy {
    /// It waits for a call of its own.
    Waits { token: u32, call: CallId, own: bool, done: bool },
    /// It serves one of the peer's, and has these objects of the peer's for it.
    Serves { call: CallId, shares: Vec<ObjectId> },
}

/// A job that was left for a thread.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) call: CallId,
    /// The thread's own call on whose behalf it is.
    pub(super) waiting: Option<CallId>,
    pub(super) shares: Vec<ObjectId>,
    pub(super) destroys: bool,
}

#[derive(Debug, Default)]
pub(super) struct Thread {
    pub(super) key: Option<ThreadKey>,
    pub(super) worker: bool,
    pub(super) busy: Vec<Busy>,
    pub(super) inbox: VecDeque<Left>,
}

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Pending,
    Completed,
    GivenUp,
}

/// One side.
pub(super) struct Side {
    pub(super) machine: Machine,
    pub(super) threads: Vec<Thread>,
    /// The thread of each worker.
    pub(super) workers: BTreeMap<u32, usize>,
    /// Shares that are kept, each by itself.
    pub(super) kept: Vec<ObjectId>,
    pub(super) fates: BTreeMap<u32, Fate>,
    /// Calls that came in: each only once.
    pub(super) delivered: BTreeSet<CallId>,
    /// Ids that were given, and to which object; those of before are never given again.
    pub(super) given: BTreeMap<u64, u32>,
    pub(super) live: BTreeSet<u64>,
    pub(super) made: BTreeSet<u64>,
    pub(super) losses: u32,
    pub(super) anybody: Vec<CallId>,
}

impl Side {
    pub(super) fn apply(&mut self, event: Event<Numbers>) {
        match event {
            Event::Lost(_) => self.losses += 1,
            Event::Completed { caller, outcome } => {
                let former = self.fates.insert(caller, Fate::Completed);
                assert_eq!(former, Some(Fate::Pending), "call {caller} ended twice");
                match outcome {
                    Ok(answered) => self.kept.extend(shares(&answered.values.objects)),
                    Err(why) if self.machine.lost().is_some() => assert_eq!(why.kind(), ExceptionKind::Interrupted),
                    Err(why) => assert!([ExceptionKind::Remote, ExceptionKind::Cancelled].contains(&why.kind())),
                }
                let busy = self.threads.iter_mut().flat_map(|thread| &mut thread.busy);
                let waits = busy.filter_map(|busy| match busy {
                    Busy::Waits { token, done, .. } if *token == caller => Some(done),
                    _ => None,
                });
                let waits: Vec<_> = waits.collect();
                assert_eq!(waits.len(), 1, "somebody waits for call {caller}");
                waits.into_iter().for_each(|done| *done = true);
            }
            Event::Job(job) => {
                self.leave(
                    job.on,
                    Left { call: job.call, waiting: None, shares: shares(&job.args.objects), destroys: false },
                );
            }
            Event::Destroy { call, on, .. } => {
                self.leave(on, Left { call, waiting: None, shares: Vec::new(), destroys: true });
            }
            Event::Cancelled { call, .. } => {
                for thread in 0..self.threads.len() {
                    let inbox = &mut self.threads[thread].inbox;
                    if let Some(left) = inbox.iter().position(|left| left.call == call).and_then(|at| inbox.remove(at))
                    {
                        self.refuse_one(left);
                    }
                }
            }
            Event::Dropped(_) => {}
            Event::Ended(worker) => assert!(self.workers.contains_key(&worker), "a worker that there is ends"),
        }
    }

    fn leave(&mut self, on: On<Numbers>, left: Left) {
        if self.machine.lost().is_none() {
            assert!(self.delivered.insert(left.call), "{:?} came twice", left.call);
        }
        match on {
            On::Anybody => {
                self.anybody.push(left.call);
                left.shares.iter().for_each(|share| self.machine.drop_share(*share));
                self.machine.answer(left.call, Answer::Results(values(Vec::new())));
            }
            On::Worker(worker) => {
                let next = self.threads.len();
                let thread = *self.workers.entry(worker).or_insert(next);
                if thread == next {
                    self.threads.push(Thread { worker: true, ..Thread::default() });
                }
                self.threads[thread].inbox.push_back(left);
            }
            On::Waiting(caller, call) => {
                assert_eq!(self.fates.get(&caller), Some(&Fate::Pending), "a call back for a call that has ended");
                let waits = |busy: &Busy| matches!(busy, Busy::Waits { call: known, .. } if *known == call);
                let thread = self.threads.iter_mut().find(|thread| thread.busy.iter().any(waits));
                thread.expect("a thread waits").inbox.push_back(Left { waiting: Some(call), ..left });
            }
        }
    }

    /// Waits that are over end, and threads begin what was left for them.
    pub(super) fn go_on(&mut self) {
        for at in 0..self.threads.len() {
            while let Some(Busy::Waits { call, done: true, .. }) = self.threads[at].busy.last() {
                let call = *call;
                self.threads[at].busy.pop();
                self.refuse(at, call);
            }
            let waits = matches!(self.threads[at].busy.last(), Some(Busy::Waits { .. }));
            let idle = self.threads[at].busy.is_empty();
            let inbox = &mut self.threads[at].inbox;
            let next = inbox.iter().position(|left| if left.waiting.is_some() { waits } else { idle });
            let Some(left) = next.and_then(|next| inbox.remove(next)) else { continue };
            if left.destroys || self.machine.lost().is_some() {
                left.shares.iter().for_each(|share| self.machine.drop_share(*share));
                self.machine.answer(left.call, Answer::Results(values(Vec::new())));
            } else {
                self.threads[at].busy.push(Busy::Serves { call: left.call, shares: left.shares });
            }
        }
    }

    pub(super) fn refuse(&mut self, thread: usize, call: CallId) {
        let (left, kept) =
            mem::take(&mut self.threads[thread].inbox).into_iter().partition(|left: &Left| left.waiting == Some(call));
        self.threads[thread].inbox = kept;
        let left: VecDeque<Left> = left;
        left.into_iter().for_each(|left| self.refuse_one(left));
    }

    fn refuse_one(&mut self, left: Left) {
        left.shares.iter().for_each(|share| self.machine.drop_share(*share));
        self.machine.answer(left.call, Answer::Refused(too_late()));
    }

    /// The machine counts as many shares as there are.
    pub(super) fn check_shares(&self) {
        if self.machine.lost().is_some() {
            return;
        }
        let mut expected: BTreeMap<ObjectId, u64> = BTreeMap::new();
        let busy = self.threads.iter().flat_map(|thread| &thread.busy).filter_map(|busy| match busy {
            Busy::Serves { shares, .. } => Some(shares),
            Busy::Waits { .. } => None,
        });
        let left = self.threads.iter().flat_map(|thread| &thread.inbox).map(|left| &left.shares);
        for share in busy.chain(left).flatten().chain(&self.kept) {
            *expected.entry(*share).or_default() += 1;
        }
        let counted = self.machine.imports.iter().map(|(id, import)| (*id, import.shares));
        assert_eq!(counted.collect::<BTreeMap<_, _>>(), expected);
    }

    /// An id is one object's for as long as it is given, and nobody's after that. An object has one id at a time.
    pub(super) fn check_ids(&mut self) {
        let now: BTreeMap<u64, u32> = self.machine.exports.objects();
        assert_eq!(now.values().collect::<BTreeSet<_>>().len(), now.len(), "an object has two ids");
        for (id, object) in &now {
            match self.given.get(id) {
                None => drop(self.given.insert(*id, *object)),
                Some(known) => {
                    assert_eq!(known, object, "an id is given to another object");
                    assert!(self.live.contains(id), "an id is given again");
                }
            }
        }
        self.live = now.into_keys().collect();
    }
}

fn shares(objects: &[Passed<u32>]) -> Vec<ObjectId> {
    let share = |passed: &Passed<u32>| match passed {
        Passed::Peer(id) => Some(*id),
        Passed::Own(_) => None,
    };
    objects.iter().filter_map(share).collect()
}
