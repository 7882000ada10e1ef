//! Frames that no honest peer sends.

use proptest::prelude::*;

use super::*;
use crate::session::frame::{Call, CallOutcome, Destroy, Hello, ObjectRef, Return, Target, Welcome};

/// A server that serves one call, and has made one.
fn busy() -> Machine {
    let (mut machines, root) = greeted(&Limits::default());
    machines[0].call(call(root, own(1), vec![Passed::Own(5)], 1)).unwrap();
    let [_, theirs] = exchange(&mut machines);
    let Some(Event::Job(job)) = theirs.into_iter().next() else { panic!("a job") };
    let [Passed::Peer(callback)] = job.args.objects[..] else { panic!("an object came along") };
    let [_, mut server] = machines;
    server.call(call(callback, Some(CallOn::Waiting(job.call)), Vec::new(), 2)).unwrap();
    let _ = (server.take_frames().collect::<Vec<_>>(), server.take_events().collect::<Vec<_>>());
    server
}

/// Numbers that are somebody's, or nobody's.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![Just(1 << 32), Just(1 << 32 | 1), Just(2 << 32), 0..4_u64, any::<u64>()]
}

fn payload() -> impl Strategy<Value = Payload> {
    let reference = (any::<bool>(), number())
        .prop_map(|(mine, id)| if mine { ObjectRef::Sender(ObjectId(id)) } else { ObjectRef::Receiver(ObjectId(id)) });
    prop::collection::vec(reference, 0..4).prop_map(|objects| Payload { body: Bytes::from_static(b"?"), objects })
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        (number(), prop::option::of("[a-z]{0,20}"))
            .prop_map(|(key, name)| Target::Worker { thread: ThreadKey(key), name }),
        number().prop_map(|call| Target::Waiting(CallId(call))),
    ]
}

fn outcome() -> impl Strategy<Value = CallOutcome> {
    let failure = (0..9_usize).prop_map(|kind| Failure { kind: ExceptionKind::ALL[kind], message: "no".into() });
    prop_oneof![
        payload().prop_map(CallOutcome::Results),
        payload().prop_map(CallOutcome::Error),
        failure.clone().prop_map(CallOutcome::Thrown),
        failure.prop_map(CallOutcome::Refused),
    ]
}

fn any_frame() -> impl Strategy<Value = Frame> {
    prop_oneof![
        3 => (number(), number(), number(), any::<u16>(), prop::option::of(target()), payload()).prop_map(
            |(id, object, interface, ordinal, on, args)| Frame::Call(Call {
                id: CallId(id),
                object: ObjectId(object),
                interface,
                ordinal,
                on,
                deadline: None,
                args,
            })
        ),
        2 => (number(), number(), number(), target()).prop_map(|(id, object, count, on)| {
            Frame::Destroy(Destroy { id: CallId(id), object: ObjectId(object), count, on })
        }),
        3 => (number(), outcome()).prop_map(|(call, outcome)| Frame::Return(Return { call: CallId(call), outcome })),
        3 => (number(), number()).prop_map(|(id, count)| Frame::Release { object: ObjectId(id), count }),
        1 => number().prop_map(|call| Frame::Cancel { call: CallId(call) }),
        1 => number().prop_map(|key| Frame::End { thread: ThreadKey(key) }),
        1 => any::<u64>().prop_map(|token| Frame::Ping { token }),
        1 => (number(), number()).prop_map(|(root, message_bytes)| Frame::Welcome(Welcome {
            root: ObjectId(root),
            message_bytes
        })),
        1 => number().prop_map(|interface| Frame::Hello(Hello { version: 1, interface, message_bytes: 1 })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// F10: no panic; what breaks the protocol ends the connection, and then nothing is held.
    #[test]
    fn any_frames_in_any_order_cost_at_most_the_connection(frames in prop::collection::vec(any_frame(), 1..40)) {
        let mut server = busy();
        let mut completed = 0;
        for frame in frames {
            server.receive(frame);
            let events = server.take_events().collect::<Vec<_>>();
            let lost = events.iter().filter(|event| matches!(event, Event::Lost(_))).count();
            completed += events.iter().filter(|event| matches!(event, Event::Completed { .. })).count();
            let last = server.take_frames().collect::<Vec<_>>().into_iter().last();
            if lost > 0 {
                let told = matches!(last, Some(Frame::Close { .. }));
                prop_assert!(told, "the peer is told: {last:?}");
            }
        }
        if let Some(why) = server.lost() {
            prop_assert_eq!(why.kind(), ExceptionKind::Protocol);
            prop_assert_eq!(server.counts(), Counts::default());
            prop_assert_eq!(completed, 1, "whoever waits for the call is told");
        }
    }
}

/// F2: also when it is the answer to the call itself that breaks the protocol.
#[test]
fn a_caller_whose_answer_is_a_breach_is_interrupted() {
    let forged = vec![ObjectRef::Receiver(ObjectId(77 << 32))];
    let limits = Limits::default();
    let too_large = Payload { body: vec![0; limits.message_bytes + 1].into(), objects: Vec::new() };
    for payload in [Payload { body: Bytes::new(), objects: forged }, too_large] {
        for outcome in [CallOutcome::Results(payload.clone()), CallOutcome::Error(payload)] {
            let (mut machines, root) = greeted(&limits);
            let call = machines[0].call(call(root, None, Vec::new(), 7)).unwrap();
            machines[0].receive(Frame::Return(Return { call, outcome }));
            let told = machines[0].take_events().find_map(|event| match event {
                Event::Completed { caller: 7, outcome } => Some(outcome.err().map(|why| why.kind())),
                _ => None,
            });
            assert_eq!(told, Some(Some(ExceptionKind::Interrupted)));
        }
    }
}

/// O4: one by one.
#[test]
fn forged_ids_are_a_breach_of_the_protocol() {
    let forged = ObjectId(77 << 32);
    let (known, nobody) = (ObjectId(1 << 32), CallId(99 << 32));
    let with = |object, args| {
        let on = Some(Target::Worker { thread: ThreadKey(1), name: None });
        Frame::Call(Call { id: nobody, object, interface: INTERFACE, ordinal: 0, on, deadline: None, args })
    };
    let one = |reference| Payload { body: Bytes::new(), objects: vec![reference] };
    let twice = CallId(1 << 32);
    let frames = [
        with(forged, Payload::default()),
        with(known, one(ObjectRef::Receiver(forged))),
        Frame::Release { object: forged, count: 1 },
        Frame::Release { object: known, count: 1000 },
        Frame::Release { object: known, count: 0 },
        Frame::Return(Return { call: nobody, outcome: CallOutcome::Results(Payload::default()) }),
        Frame::Call(Call {
            id: twice,
            object: known,
            interface: INTERFACE,
            ordinal: 0,
            on: None,
            deadline: None,
            args: Payload::default(),
        }),
        Frame::Hello(Hello { version: 1, interface: INTERFACE, message_bytes: 1 }),
        Frame::Welcome(Welcome { root: known, message_bytes: 1 }),
    ];
    for frame in frames {
        let mut server = busy();
        server.receive(frame.clone());
        let why = server.lost().unwrap_or_else(|| panic!("{frame:?} passed"));
        assert_eq!(why.kind(), ExceptionKind::Protocol, "{frame:?}");
    }
}

#[test]
fn nothing_is_served_before_the_hand_shake() {
    for frame in [Frame::Ping { token: 1 }, Frame::Release { object: ObjectId(1), count: 1 }] {
        let [mut client, mut server] = machines(&Limits::default());
        server.receive(frame.clone());
        client.receive(frame);
        for machine in [client, server] {
            assert_eq!(machine.lost().map(Exception::kind), Some(ExceptionKind::Protocol));
        }
    }
}
