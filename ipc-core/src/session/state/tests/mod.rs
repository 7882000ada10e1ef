//! The machine as a model: two of them against each other, in memory, without threads and without time.

mod hostile;
mod rules;
mod sequences;
mod side;
mod world;

use super::*;
use crate::exception::Result;

/// Handles that are numbers.
#[derive(Clone, Debug, Default)]
struct Numbers {
    workers: u32,
    most: u32,
}

impl Host for Numbers {
    type Object = u32;
    type Caller = u32;
    type Worker = u32;

    fn key(object: &u32) -> usize {
        *object as usize
    }

    fn has_interface(_: &u32, interface: u64) -> bool {
        interface == INTERFACE
    }

    fn start_worker(&mut self, _: &str) -> Result<u32> {
        if self.workers >= self.most {
            return Err(Exception::new(ExceptionKind::Overloaded, "no more workers"));
        }
        self.workers += 1;
        Ok(self.workers)
    }
}

const INTERFACE: u64 = 7;
const ROOT: u32 = 1000;

type Machine = State<Numbers>;

fn machines(limits: &Limits) -> [Machine; 2] {
    let host = || Numbers { workers: 0, most: 1000 };
    [State::client(host(), limits.clone()), State::server(host(), limits.clone(), ROOT)]
}

/// Moves all frames there are, until there are no more; gives the events of each.
fn exchange(machines: &mut [Machine; 2]) -> [Vec<Event<Numbers>>; 2] {
    let mut events = [machines[0].take_events().collect::<Vec<_>>(), machines[1].take_events().collect::<Vec<_>>()];
    loop {
        let mut moved = false;
        for from in 0..2 {
            for frame in machines[from].take_frames().collect::<Vec<_>>() {
                moved = true;
                machines[1 - from].receive(frame);
                events[1 - from].extend(machines[1 - from].take_events().collect::<Vec<_>>());
            }
        }
        if !moved {
            return events;
        }
    }
}

/// Two machines after the hand-shake, and the root's id.
fn greeted(limits: &Limits) -> ([Machine; 2], ObjectId) {
    let mut machines = machines(limits);
    machines[0].hello(INTERFACE, 0).unwrap();
    let [mine, _] = exchange(&mut machines);
    match mine.into_iter().next() {
        Some(Event::Completed { caller: 0, outcome: Ok(answered) }) => match answered.values.objects[..] {
            [Passed::Peer(root)] => (machines, root),
            _ => panic!("a root comes with the answer"),
        },
        _ => panic!("the hand-shake is answered"),
    }
}

fn values(objects: Vec<Passed<u32>>) -> Marshalled<Numbers> {
    Marshalled { body: Bytes::from_static(b"body"), objects }
}

fn call(object: ObjectId, on: Option<CallOn<'_>>, objects: Vec<Passed<u32>>, caller: u32) -> NewCall<'_, Numbers> {
    NewCall { object, interface: INTERFACE, ordinal: 0, on, deadline: None, args: values(objects), caller }
}

fn own(thread: u64) -> Option<CallOn<'static>> {
    Some(CallOn::Own(ThreadKey(thread), "thread"))
}
