use std::time::Duration;

use bytes::Bytes;
use ipc_core::{
    ExceptionKind, Limits,
    session::frame::{
        Call, CallId, CallOutcome, Destroy, Failure, Frame, Hello, ObjectId, ObjectRef, Payload, Return, Target,
        ThreadKey, Welcome,
    },
};
use prost::Message;
use protox::prost_reflect::{DescriptorPool, DynamicMessage};

use super::{CHUNK, Lanes, Whole, messages::Envelope, references};

fn payload(len: usize) -> Payload {
    let objects = vec![ObjectRef::Sender(ObjectId(u64::MAX)), ObjectRef::Receiver(ObjectId(0))];
    Payload { body: vec![7; len].into(), objects }
}

fn call(id: u64, thread: u64, len: usize) -> Frame {
    let on = Some(Target::Worker { thread: ThreadKey(thread), name: None });
    Frame::Call(Call {
        id: CallId(id),
        object: ObjectId(3),
        interface: u64::MAX,
        ordinal: u16::MAX,
        on,
        deadline: Some(Duration::from_nanos(5)),
        args: payload(len),
    })
}

fn answer(call: u64, len: usize) -> Frame {
    Frame::Return(Return { call: CallId(call), outcome: CallOutcome::Results(payload(len)) })
}

/// One frame of each sort.
fn all() -> Vec<Frame> {
    let failure = || Failure { kind: ExceptionKind::TooLarge, message: "too large".into() };
    let with = |outcome| Frame::Return(Return { call: CallId(1), outcome });
    let on = Target::Worker { thread: ThreadKey(2), name: Some("main".into()) };
    let Frame::Call(first) = call(4, 5, 6) else { unreachable!("it is one") };
    vec![
        Frame::Hello(Hello { version: 1, interface: 2, message_bytes: 3 }),
        Frame::Welcome(Welcome { root: ObjectId(1), message_bytes: 3 }),
        Frame::Refuse(failure()),
        Frame::Call(first.clone()),
        Frame::Call(Call { on: Some(Target::Waiting(CallId(0))), deadline: None, ..first.clone() }),
        Frame::Call(Call { on: None, args: Payload::default(), ..first.clone() }),
        Frame::Call(Call { on: Some(on.clone()), ..first }),
        Frame::Destroy(Destroy { id: CallId(1), object: ObjectId(2), count: 3, on }),
        Frame::Destroy(Destroy { id: CallId(1), object: ObjectId(2), count: 3, on: Target::Waiting(CallId(9)) }),
        with(CallOutcome::Results(payload(3))),
        with(CallOutcome::Error(Payload::default())),
        with(CallOutcome::Error(payload(3))),
        with(CallOutcome::Thrown(failure())),
        with(CallOutcome::Refused(failure())),
        Frame::Release { object: ObjectId(0), count: 2 },
        Frame::Cancel { call: CallId(0) },
        Frame::End { thread: ThreadKey(7) },
        Frame::Ping { token: 0 },
        Frame::Pong { token: 1 },
        Frame::Close { reason: "done".into() },
    ]
}

/// The frames that arrive, in their order.
fn sent(frames: impl IntoIterator<Item = Frame>) -> Vec<Frame> {
    let mut lanes = Lanes::new(Bytes::from_static(&[1; 16]));
    let weights: usize = frames.into_iter().map(|frame| (frame.weight(), lanes.push(frame)).0).sum();
    let (mut whole, mut arrived, mut written) = (Whole::new(&Limits::default()), Vec::new(), 0);
    while let Some((envelope, complete)) = lanes.next() {
        let bytes = envelope.encode_to_vec();
        assert!(bytes.len() <= CHUNK, "an envelope of {} bytes", bytes.len());
        let frame = whole.take(Envelope::decode(&*bytes).unwrap()).unwrap();
        assert_eq!(frame.is_some(), complete.is_some(), "a frame is written when it is complete");
        written += complete.unwrap_or_default();
        arrived.extend(frame);
    }
    assert_eq!(written, weights);
    arrived
}

#[test]
fn frames_arrive_as_they_were_sent() {
    assert_eq!(sent(all()), all());
    let kinds = ExceptionKind::ALL.map(|kind| Frame::Refuse(Failure { kind, message: String::new() }));
    assert_eq!(sent(kinds.clone()), kinds);
}

#[test]
fn large_frames_arrive_in_their_order() {
    let frames =
        [answer(1, 10 * CHUNK), answer(2, CHUNK + 1), call(3, 1, CHUNK - 1), Frame::Close { reason: "".into() }];
    assert_eq!(sent(frames.clone()), frames);
}

#[test]
fn answers_and_calls_of_other_threads_pass_beside_a_large_call() {
    let large = call(1, 1, 3 * CHUNK);
    let release = Frame::Release { object: ObjectId(3), count: 1 };
    let (other, same, after) = (call(2, 2, 1), call(3, 1, 1), call(4, 2, 1));
    let end = Frame::End { thread: ThreadKey(2) };
    let frames =
        [large.clone(), release.clone(), answer(9, 1), other.clone(), same.clone(), end.clone(), after.clone()];
    let expected = [answer(9, 1), other, large, release, same, end, after];
    assert_eq!(sent(frames), expected);
}

#[test]
fn an_answer_does_not_pass_the_calls_back_that_were_made_for_it() {
    let Frame::Call(back) = call(1, 1, 2 * CHUNK) else { unreachable!("it is one") };
    let back = Frame::Call(Call { on: Some(Target::Waiting(CallId(5))), ..back });
    assert_eq!(sent([back.clone(), answer(5, 1), answer(6, 1)]), [answer(6, 1), back, answer(5, 1)]);
}

#[test]
fn a_large_frame_is_not_held_up_by_small_ones() {
    let mut lanes = Lanes::default();
    lanes.push(answer(1, 2 * CHUNK));
    let mut chunks = 0;
    for small in 2..1000 {
        lanes.push(answer(small, 1));
        let (_, complete) = lanes.next().unwrap();
        chunks += usize::from(complete.is_none());
    }
    assert!(chunks >= 2, "{chunks} chunks");
}

#[test]
fn more_chunks_than_a_frame_may_have_are_refused() {
    let mut limits = Limits::default();
    limits.message_bytes = CHUNK;
    let mut whole = Whole::new(&limits);
    let mut lanes = Lanes::default();
    lanes.push(answer(1, 100 * CHUNK));
    let error = loop {
        let (envelope, _) = lanes.next().unwrap();
        if let Err(error) = whole.take(envelope) {
            break error;
        }
    };
    assert_eq!(error.kind(), ExceptionKind::TooLarge);
}

#[test]
fn more_references_than_a_message_may_have_are_refused() {
    let mut limits = Limits::default();
    limits.message_bytes = 9 * CHUNK;
    let taken = |references: usize| {
        let mut lanes = Lanes::default();
        let objects = vec![ObjectRef::Receiver(ObjectId(1)); references];
        let outcome = CallOutcome::Results(Payload { body: Bytes::new(), objects });
        lanes.push(Frame::Return(Return { call: CallId(1), outcome }));
        let mut whole = Whole::new(&limits);
        std::iter::from_fn(|| lanes.next()).find_map(|(envelope, _)| whole.take(envelope).transpose()).unwrap()
    };
    assert!(taken(CHUNK).is_ok());
    assert_eq!(taken(CHUNK + 1).unwrap_err().kind(), ExceptionKind::TooLarge);
}

#[test]
fn references_are_counted_wherever_they_are() {
    for frame in all() {
        let payload = match &frame {
            Frame::Call(call) => Some(&call.args),
            Frame::Return(Return { outcome: CallOutcome::Results(payload) | CallOutcome::Error(payload), .. }) => {
                Some(payload)
            }
            _ => None,
        };
        let expected = payload.map_or(0, |payload| payload.objects.len());
        let envelope = Envelope::of(frame.clone(), &Bytes::new()).encode_to_vec();
        assert_eq!(references::count(&envelope).unwrap(), expected, "{frame:?}");
        // Pieces of a message are one.
        assert_eq!(references::count(&envelope.repeat(3)).unwrap(), 3 * expected, "{frame:?}");
    }
}

#[test]
fn what_is_no_frame_is_refused() {
    for bytes in [&[][..], &[0x22, 0], &[0x32, 0], &[0x2a, 0], &[0x6a, 0], &[0x22, 4, 0x20, 0x80, 0x80, 0x04]] {
        let envelope = Envelope::decode(bytes).unwrap();
        let taken = Whole::new(&Limits::default()).take(envelope);
        match taken {
            // A call of nothing is one to object 0, which the session refuses.
            Ok(Some(Frame::Call(call))) => assert_eq!(call.object, ObjectId(0)),
            taken => assert_eq!(taken.unwrap_err().kind(), ExceptionKind::Protocol, "{bytes:x?}"),
        }
    }
}

#[test]
fn the_file_says_what_is_sent() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
    let compiled = protox::compile(["ipc/session.proto"], [dir]).unwrap();
    let mut file = compiled.file[0].clone();
    file.source_code_info = None;
    let path = format!("{dir}/ipc/session.binpb");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, file.encode_to_vec()).unwrap();
    }
    let committed = std::fs::read(&path).unwrap_or_default();
    let hint = "run UPDATE_SCHEMA=1 cargo test -p transport-grpc";
    assert!(committed == file.encode_to_vec(), "proto/ipc/session.binpb is out of step with session.proto: {hint}");
    let mut pool = DescriptorPool::new();
    pool.add_file_descriptor_proto(file).unwrap();
    let envelope = pool.get_message_by_name("ipc.Envelope").unwrap();
    let session = Bytes::from_static(&[1; 16]);
    let chunk = Envelope {
        content: Some(super::messages::Content::Chunk(super::messages::Chunk { data: "x".into(), last: true })),
    };
    for sent in all().into_iter().map(|frame| Envelope::of(frame, &session)).chain([chunk]) {
        let seen = DynamicMessage::decode(envelope.clone(), &*sent.encode_to_vec()).unwrap();
        assert!(no_unknown(&seen), "{seen}");
        assert_eq!(Envelope::decode(&*seen.encode_to_vec()).unwrap(), sent, "{seen}");
    }
}

fn no_unknown(message: &DynamicMessage) -> bool {
    message.unknown_fields().count() == 0
        && message.fields().all(|(_, value)| match value {
            protox::prost_reflect::Value::Message(inner) => no_unknown(inner),
            protox::prost_reflect::Value::List(items) => {
                items.iter().filter_map(|item| item.as_message()).all(no_unknown)
            }
            _ => true,
        })
}
