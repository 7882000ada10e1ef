//! What a peer of a session transport sends that breaks the protocol. How frames become bytes is the transport's.

use ipc_core::{
    Interface,
    session::{
        Frame,
        frame::{
            Call, CallId, CallOutcome, Destroy, Hello, ObjectId, ObjectRef, Payload, Return, Target, ThreadKey,
            VERSION, Welcome,
        },
    },
};

use crate::{
    harness::{Closes, RawBytes, To},
    interfaces::Lab,
};

/// The first id that a side gives, which is its root's or its first call's.
const FIRST: u64 = 1 << 32;
const FORGED: u64 = 42 << 32 | 42;

/// All there is, for a transport whose frames are such bytes, one after the other.
pub fn raw_bytes(encode: fn(&Frame) -> Vec<u8>) -> Vec<RawBytes> {
    let mut all = Vec::new();
    for to in [To::Server, To::Client] {
        let mut add = |name, clause, closes, frames: Vec<Frame>| {
            let bytes = greeting(to).iter().chain(&frames).flat_map(encode).collect();
            all.push(RawBytes { name, to, clause, bytes, closes });
        };
        forged().for_each(|(name, frames)| add(name, "O4", Closes::Receiver, frames));
        broken().for_each(|(name, frames)| add(name, "F10", Closes::Receiver, frames));
        if to == To::Server {
            refused().for_each(|(name, frames)| add(name, "F10", Closes::Sender, frames));
        }
        for (name, bytes) in garbage() {
            let bytes = greeting(to).iter().flat_map(encode).chain(bytes).collect();
            all.push(RawBytes { name, to, clause: "F10", bytes, closes: Closes::Receiver });
        }
        for (name, frame) in unasked(to) {
            all.push(RawBytes { name, to, clause: "F10", bytes: encode(&frame), closes: Closes::Receiver });
        }
    }
    all
}

fn hello() -> Frame {
    Frame::Hello(Hello { version: VERSION, interface: <dyn Lab as Interface>::ID, message_bytes: 1 << 20 })
}

fn welcome() -> Frame {
    Frame::Welcome(Welcome { root: ObjectId(FIRST), message_bytes: 1 << 20 })
}

/// What makes the other side listen.
fn greeting(to: To) -> Vec<Frame> {
    match to {
        To::Server => vec![hello()],
        To::Client => vec![welcome()],
    }
}

fn call(id: u64, object: u64, args: Payload) -> Call {
    let on = Some(Target::Worker { thread: ThreadKey(1), name: Some("raw".into()) });
    let interface = <dyn Lab as Interface>::ID;
    Call { id: CallId(id), object: ObjectId(object), interface, ordinal: 0, on, deadline: None, args }
}

/// References that are nobody's.
fn forged() -> impl Iterator<Item = (&'static str, Vec<Frame>)> {
    let answer = |outcome| Frame::Return(Return { call: CallId(FORGED), outcome });
    let object = |id| Payload { objects: vec![ObjectRef::Receiver(ObjectId(id))], ..Payload::default() };
    let destroy = Destroy {
        id: CallId(FIRST),
        object: ObjectId(FORGED),
        count: 1,
        on: Target::Worker { thread: ThreadKey(1), name: Some("raw".into()) },
    };
    [
        ("a call to a forged object", vec![Frame::Call(call(FIRST, FORGED, Payload::default()))]),
        ("a call to an object of an older generation", vec![Frame::Call(call(FIRST, 0, Payload::default()))]),
        ("a release of a forged object", vec![Frame::Release { object: ObjectId(FORGED), count: 1 }]),
        ("a release of more than was given", vec![Frame::Release { object: ObjectId(FIRST), count: 1000 }]),
        ("a release of as many as can be counted", vec![Frame::Release { object: ObjectId(FIRST), count: u64::MAX }]),
        ("a release of nothing", vec![Frame::Release { object: ObjectId(FIRST), count: 0 }]),
        ("a forged object destroyed", vec![Frame::Destroy(destroy)]),
        ("an answer to a call that nobody made", vec![answer(CallOutcome::Results(Payload::default()))]),
        ("an answer with a forged object", vec![answer(CallOutcome::Results(object(FORGED)))]),
    ]
    .into_iter()
}

/// What is no sequence of frames.
fn broken() -> impl Iterator<Item = (&'static str, Vec<Frame>)> {
    [("a second hello", vec![hello(), hello()]), ("a second welcome", vec![welcome(), welcome()])].into_iter()
}

/// What costs only itself.
fn refused() -> impl Iterator<Item = (&'static str, Vec<Frame>)> {
    let nowhere = Call { on: Some(Target::Waiting(CallId(FORGED))), ..call(FIRST, FIRST, Payload::default()) };
    let unnamed = Call {
        on: Some(Target::Worker { thread: ThreadKey(7), name: None }),
        ..call(FIRST, FIRST, Payload::default())
    };
    let junk = Payload { body: vec![0xff; 100].into(), objects: Vec::new() };
    [
        ("a cancellation of a call that nobody made", vec![Frame::Cancel { call: CallId(FORGED) }]),
        ("the end of a thread that never was", vec![Frame::End { thread: ThreadKey(FORGED) }]),
        ("a call for a thread that does not wait", vec![Frame::Call(nowhere)]),
        ("a call for a thread without a name", vec![Frame::Call(unnamed)]),
        ("arguments that are none", vec![Frame::Call(call(FIRST, FIRST, junk))]),
        (
            "a call that needs a thread without one",
            vec![Frame::Call(Call { on: None, ..call(FIRST, FIRST, Payload::default()) })],
        ),
    ]
    .into_iter()
}

/// What comes first that may not.
fn unasked(to: To) -> Vec<(&'static str, Frame)> {
    let mut all = vec![
        ("a call before the hand-shake", Frame::Call(call(FIRST, FIRST, Payload::default()))),
        ("a ping before the hand-shake", Frame::Ping { token: 1 }),
    ];
    if to == To::Server {
        let newer = Hello { version: VERSION + 1, interface: <dyn Lab as Interface>::ID, message_bytes: 1 };
        let other = Hello { version: VERSION, interface: FORGED, message_bytes: 1 };
        all.push(("a hello of another version", Frame::Hello(newer)));
        all.push(("a hello for another interface", Frame::Hello(other)));
    }
    all
}

/// What is no frame, whatever frames look like.
fn garbage() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    [("all ones", vec![0xff; 64]), ("an HTTP request", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec())]
        .into_iter()
}
