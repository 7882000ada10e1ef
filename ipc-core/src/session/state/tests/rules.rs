//! Single rules, by the clause that they keep.

use super::*;
use crate::session::frame::{self, CallOutcome, Hello, Return, Target};

fn only<T>(items: Vec<T>) -> T {
    let count = items.len();
    items.into_iter().next().filter(|_| count == 1).unwrap_or_else(|| panic!("expected one, got {count}"))
}

fn job(events: Vec<Event<Numbers>>) -> Job<Numbers> {
    match only(events) {
        Event::Job(job) => job,
        _ => panic!("expected a job"),
    }
}

fn outcome(events: Vec<Event<Numbers>>) -> (u32, Result<Answered<Numbers>>) {
    match only(events) {
        Event::Completed { caller, outcome } => (caller, outcome),
        _ => panic!("expected the end of a call"),
    }
}

fn kind(events: Vec<Event<Numbers>>) -> ExceptionKind {
    outcome(events).1.err().expect("it failed").kind()
}

fn limited(set: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    set(&mut limits);
    limits
}

#[test]
fn t1_a_threads_calls_go_to_one_worker_and_anothers_to_another() {
    let (mut machines, root) = greeted(&Limits::default());
    let workers = [1, 1, 2, 1].map(|thread| {
        machines[0].call(call(root, own(thread), Vec::new(), 1)).unwrap();
        match job(exchange(&mut machines).into_iter().nth(1).unwrap()).on {
            On::Worker(worker) => worker,
            _ => panic!("it is for a worker"),
        }
    });
    assert_eq!(workers, [1, 1, 2, 1]);
    machines[0].end_thread(ThreadKey(1));
    let [_, events] = exchange(&mut machines);
    assert!(matches!(only(events), Event::Ended(1)));
    // It had the name once: it is said again for whoever comes after.
    machines[0].call(call(root, own(1), Vec::new(), 1)).unwrap();
    assert!(matches!(job(exchange(&mut machines).into_iter().nth(1).unwrap()).on, On::Worker(3)));
}

#[test]
fn t2_a_call_back_is_for_the_thread_that_waits_and_too_late_is_cancelled() {
    let (mut machines, root) = greeted(&Limits::default());
    let made = machines[0].call(call(root, own(1), vec![Passed::Own(5)], 1)).unwrap();
    let served = job(exchange(&mut machines).into_iter().nth(1).unwrap());
    let [Passed::Peer(callback)] = served.args.objects[..] else { panic!("an object came along") };
    let back = |machines: &mut [Machine; 2]| {
        machines[1].call(call(callback, Some(CallOn::Waiting(served.call)), Vec::new(), 9)).unwrap();
        exchange(machines)
    };
    let [events, _] = back(&mut machines);
    let nested = job(events);
    assert!(matches!(nested.on, On::Waiting(1, waits) if waits == made));
    machines[0].answer(nested.call, Answer::Results(values(Vec::new())));
    assert!(outcome(exchange(&mut machines).into_iter().nth(1).unwrap()).1.is_ok());
    // F6: the caller gives up, and is found no more.
    machines[0].give_up(made);
    let [_, events] = exchange(&mut machines);
    assert!(matches!(only(events), Event::Cancelled { call, .. } if call == served.call));
    let [mine, theirs] = back(&mut machines);
    assert!(mine.is_empty());
    assert_eq!(kind(theirs), ExceptionKind::Cancelled);
}

#[test]
fn t7_without_a_worker_a_call_is_overloaded_and_the_next_says_its_name_again() {
    let (mut machines, root) = greeted(&Limits::default());
    machines[1].host.most = 0;
    for _ in 0..2 {
        machines[0].call(call(root, own(1), Vec::new(), 1)).unwrap();
        assert_eq!(kind(exchange(&mut machines).into_iter().next().unwrap()), ExceptionKind::Overloaded);
    }
    machines[1].host.most = 1;
    machines[0].call(call(root, own(1), Vec::new(), 1)).unwrap();
    assert!(matches!(job(exchange(&mut machines).into_iter().nth(1).unwrap()).on, On::Worker(1)));
}

#[test]
fn o2_an_object_that_comes_home_is_the_original() {
    let (mut machines, root) = greeted(&Limits::default());
    machines[0].call(call(root, own(1), vec![Passed::Own(5), Passed::Own(5), Passed::Peer(root)], 1)).unwrap();
    let served = job(exchange(&mut machines).into_iter().nth(1).unwrap());
    let [Passed::Peer(one), Passed::Peer(other), Passed::Own(ROOT)] = served.args.objects[..] else {
        panic!("one object twice, and the root: {:?}", served.args.objects)
    };
    assert_eq!(one, other);
    machines[1].answer(served.call, Answer::Results(values(vec![Passed::Peer(one)])));
    machines[1].drop_share(one);
    machines[1].drop_share(one);
    let [events, _] = exchange(&mut machines);
    let mut events = events.into_iter();
    match events.next() {
        Some(Event::Completed { outcome: Ok(answered), .. }) => {
            assert_eq!(answered.values.objects, [Passed::Own(5)]);
        }
        _ => panic!("the call is answered"),
    }
    assert!(matches!(events.next(), Some(Event::Dropped(5))));
}

#[test]
fn o6_an_object_that_is_sent_again_meanwhile_is_not_destroyed() {
    let (mut machines, root) = greeted(&Limits::default());
    machines[0].call(call(root, own(1), vec![Passed::Own(5)], 1)).unwrap();
    let served = job(exchange(&mut machines).into_iter().nth(1).unwrap());
    let [Passed::Peer(object)] = served.args.objects[..] else { panic!("an object came along") };
    // They cross: it is destroyed there while it is sent again here.
    machines[1].destroy(object, CallOn::Waiting(served.call), Some(9)).unwrap();
    machines[0].call(call(root, own(2), vec![Passed::Own(5)], 2)).unwrap();
    let [mine, theirs] = exchange(&mut machines);
    assert!(matches!(mine[..], [Event::Destroy { object: None, .. }]));
    let again = job(theirs);
    assert_eq!(again.args.objects, [Passed::Peer(object)]);
    machines[1].destroy(object, CallOn::Waiting(again.call), Some(10)).unwrap();
    let [mine, _] = exchange(&mut machines);
    assert!(matches!(mine[..], [Event::Destroy { object: Some(5), .. }]));
}

#[test]
fn f1_f2_a_loss_interrupts_what_is_in_flight_once_and_nothing_is_sent_after_it() {
    let (mut machines, root) = greeted(&Limits::default());
    machines[0].call(call(root, own(1), vec![Passed::Own(5)], 1)).unwrap();
    let gone = || Exception::new(ExceptionKind::Disconnected, "gone");
    machines[0].lose(gone());
    machines[0].lose(gone());
    let events = machines[0].take_events().collect::<Vec<_>>();
    assert!(matches!(
        &events[..],
        [Event::Lost(_), Event::Completed { caller: 1, outcome: Err(why) }, Event::Dropped(5)]
            if why.kind() == ExceptionKind::Interrupted
    ));
    let _ = machines[0].take_frames().collect::<Vec<_>>();
    let refused = machines[0].call(call(root, own(1), Vec::new(), 2)).unwrap_err();
    assert_eq!(refused.kind(), ExceptionKind::Disconnected);
    assert!(machines[0].take_frames().collect::<Vec<_>>().is_empty());
    assert_eq!(machines[0].counts(), Counts::default());
}

#[test]
fn f6_an_answer_that_comes_too_late_leaves_nothing() {
    let (mut machines, root) = greeted(&Limits::default());
    let made = machines[0].call(call(root, own(1), Vec::new(), 1)).unwrap();
    let served = job(exchange(&mut machines).into_iter().nth(1).unwrap());
    machines[0].give_up(made);
    assert_eq!(machines[0].counts().given_up, 1);
    // It crosses with the answer.
    machines[1].answer(served.call, Answer::Results(values(vec![Passed::Own(6)])));
    let [mine, theirs] = exchange(&mut machines);
    assert!(mine.is_empty());
    assert!(matches!(theirs[..], [Event::Dropped(6)]));
    assert_eq!((machines[0].counts().given_up, machines[0].counts().imports), (0, 1));
}

#[test]
fn f8_what_is_too_large_for_either_side_is_not_sent() {
    let mut machines = machines(&Limits::default());
    machines[1].limits.message_bytes = 100;
    machines[0].hello(INTERFACE, 0).unwrap();
    let [mine, _] = exchange(&mut machines);
    let Some(Event::Completed { outcome: Ok(answered), .. }) = mine.into_iter().next() else { panic!("no root") };
    let [Passed::Peer(root)] = answered.values.objects[..] else { panic!("no root") };
    let mut large = call(root, own(1), vec![Passed::Own(5)], 1);
    large.args.body = vec![0; 92].into();
    assert_eq!(machines[0].call(large).unwrap_err().kind(), ExceptionKind::TooLarge);
    assert!(matches!(only(machines[0].take_events().collect::<Vec<_>>()), Event::Dropped(5)));
    assert_eq!(machines[0].counts().exports, 0);
    let mut passes = call(root, own(1), vec![Passed::Own(5)], 1);
    passes.args.body = vec![0; 91].into();
    machines[0].call(passes).unwrap();
    let served = job(exchange(&mut machines).into_iter().nth(1).unwrap());
    let large = Marshalled { body: vec![0; 101].into(), objects: Vec::new() };
    machines[1].answer(served.call, Answer::Error(large));
    assert_eq!(kind(exchange(&mut machines).into_iter().next().unwrap()), ExceptionKind::TooLarge);
}

#[test]
fn past_the_limit_on_objects_none_of_a_message_is_sent() {
    let (mut machines, root) = greeted(&limited(|limits| limits.exports = 3));
    let objects = |range: std::ops::Range<u32>| range.map(Passed::Own).collect::<Vec<_>>();
    machines[0].call(call(root, own(1), objects(0..2), 1)).unwrap();
    let refused = machines[0].call(call(root, own(1), objects(1..4), 1)).unwrap_err();
    assert_eq!(refused.kind(), ExceptionKind::Overloaded);
    assert_eq!(machines[0].exports.counts().into_values().collect::<Vec<_>>(), [1, 1]);
    machines[0].call(call(root, own(1), objects(1..3), 1)).unwrap();
}

#[test]
fn who_sends_more_objects_than_may_be_held_is_disconnected() {
    let (mut machines, root) = greeted(&Limits::default());
    machines[1].limits.imports = 3;
    let objects = |range: std::ops::Range<u32>| range.map(Passed::Own).collect::<Vec<_>>();
    for again in 1..=2 {
        machines[0].call(call(root, own(1), objects(0..3), again)).unwrap();
    }
    exchange(&mut machines);
    assert_eq!((machines[1].counts().imports, machines[1].lost()), (3, None));
    machines[0].call(call(root, own(1), objects(2..4), 3)).unwrap();
    exchange(&mut machines);
    assert_eq!(machines[1].lost().map(Exception::kind), Some(ExceptionKind::Overloaded));
    assert_eq!(machines[1].counts().imports, 0);
    assert!(machines[0].lost().is_some_and(|why| why.message().contains("expected at most 3 objects")));
}

#[test]
fn past_the_limits_on_calls_they_are_overloaded() {
    let (mut machines, root) = greeted(&limited(|limits| {
        limits.calls_made = 3;
        limits.calls_served = 2;
    }));
    for caller in 1..=3 {
        machines[0].call(call(root, own(1), Vec::new(), caller)).unwrap();
    }
    let refused = machines[0].call(call(root, own(1), Vec::new(), 4)).unwrap_err();
    assert_eq!(refused.kind(), ExceptionKind::Overloaded);
    let [mine, theirs] = exchange(&mut machines);
    assert_eq!(theirs.len(), 2);
    assert_eq!(kind(mine), ExceptionKind::Overloaded);
    // What is served may not weigh more than eight messages.
    let (mut machines, root) = greeted(&limited(|limits| limits.message_bytes = 100));
    for caller in 0..9 {
        let mut call = call(root, own(1), Vec::new(), caller);
        call.args.body = vec![0; 100].into();
        machines[0].call(call).unwrap();
    }
    assert_eq!(kind(exchange(&mut machines).into_iter().next().unwrap()), ExceptionKind::Overloaded);
}

#[test]
fn c2_the_kinds_of_ones_own_connection_do_not_come_from_the_other_side() {
    for kind in ExceptionKind::ALL {
        let (mut machines, root) = greeted(&Limits::default());
        let made = machines[0].call(call(root, own(1), Vec::new(), 1)).unwrap();
        let failure = Failure { kind, message: "why".into() };
        machines[0].receive(Frame::Return(Return { call: made, outcome: CallOutcome::Refused(failure) }));
        let why = outcome(machines[0].take_events().collect::<Vec<_>>()).1.err().unwrap();
        match kind {
            ExceptionKind::Disconnected | ExceptionKind::Interrupted | ExceptionKind::DeadlineExceeded => {
                assert_eq!(why.remote().map(Exception::kind), Some(kind));
            }
            _ => assert_eq!(why.kind(), kind),
        }
    }
}

#[test]
fn a_client_of_another_version_or_interface_is_refused() {
    for (version, interface) in [(frame::VERSION + 1, INTERFACE), (frame::VERSION, 8)] {
        let mut machines = machines(&Limits::default());
        machines[0].hello(interface, 0).unwrap();
        let _ = machines[0].take_frames().collect::<Vec<_>>();
        machines[1].receive(Frame::Hello(Hello { version, interface, message_bytes: 1 << 20 }));
        let [mine, _] = exchange(&mut machines);
        assert!(matches!(mine[0], Event::Lost(_)));
        assert_eq!(kind(mine.into_iter().skip(1).collect()), ExceptionKind::Unimplemented);
        assert!(machines.iter().all(|machine| machine.lost().is_some()));
    }
}

#[test]
fn a_hand_shake_that_is_cut_is_disconnected() {
    let mut machines = machines(&Limits::default());
    machines[0].hello(INTERFACE, 3).unwrap();
    machines[0].lose(Exception::new(ExceptionKind::Disconnected, "gone"));
    let events = machines[0].take_events().collect::<Vec<_>>().into_iter().skip(1).collect();
    assert_eq!(kind(events), ExceptionKind::Disconnected);
}

#[test]
fn a_long_name_is_cut_between_characters() {
    let (mut machines, root) = greeted(&Limits::default());
    let name = "é".repeat(frame::NAME_BYTES);
    machines[0].call(call(root, Some(CallOn::Own(ThreadKey(1), &format!("a{name}"))), Vec::new(), 1)).unwrap();
    let frames = machines[0].take_frames().collect::<Vec<_>>();
    let Frame::Call(call) = &frames[0] else { panic!("a call") };
    let Some(Target::Worker { name: Some(name), .. }) = &call.on else { panic!("a name") };
    assert_eq!(name.len(), frame::NAME_BYTES - 1);
}
