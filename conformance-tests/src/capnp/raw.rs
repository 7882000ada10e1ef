//! What a Cap'n Proto peer sends that breaks the protocol.

use capnp::{
    message::{Builder, HeapAllocator},
    serialize::write_message_to_words,
};
use capnp_rpc::rpc_capnp::{cap_descriptor, message};
use ipc_core::Interface;

use crate::{
    harness::{Closes, RawBytes, To},
    interfaces::Lab,
};

const FORGED: u32 = 4242;

/// All there is.
pub(super) fn all() -> Vec<RawBytes> {
    let mut all = Vec::new();
    for to in [To::Server, To::Client] {
        all.extend(frames().map(|(name, bytes)| raw(name, to, "F10", bytes)));
        all.extend(nonsense().map(|(name, bytes)| raw(name, to, "F10", bytes)));
        all.extend(forged().map(|(name, bytes)| raw(name, to, "O4", bytes)));
    }
    all.extend(
        arguments().map(|(name, bytes)| RawBytes { closes: Closes::Sender, ..raw(name, To::Server, "O4", bytes) }),
    );
    all.extend(
        beginnings().map(|(name, bytes)| RawBytes { closes: Closes::Sender, ..raw(name, To::Server, "F10", bytes) }),
    );
    all
}

fn raw(name: &'static str, to: To, clause: &'static str, bytes: Vec<u8>) -> RawBytes {
    RawBytes { name, to, clause, bytes, closes: Closes::Receiver }
}

/// A segment table and what follows it.
fn framed(segments: u32, sizes: &[u32], words: usize) -> Vec<u8> {
    let numbers = [segments].into_iter().chain(sizes.iter().copied());
    numbers.flat_map(u32::to_le_bytes).chain(vec![0; words * 8]).collect()
}

/// What is no message.
fn frames() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    [
        ("all ones", vec![0xff; 64]),
        ("an HTTP request", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()),
        ("as many segments as can be counted", framed(u32::MAX - 1, &[1], 8)),
        ("a million segments", framed(1 << 20, &[1], 8)),
        ("513 segments", framed(512, &[0; 513], 8)),
        ("a segment of 32 GiB", framed(0, &[u32::MAX], 8)),
        ("a segment of 80 MiB", framed(0, &[(80 << 20) / 8], 8)),
        ("segments that are too large together", framed(1, &[u32::MAX, u32::MAX, 0], 8)),
    ]
    .into_iter()
}

/// What is the beginning of a message that never comes, and what harms nobody.
fn beginnings() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    [
        ("nothing", Vec::new()),
        ("half a header", vec![0; 3]),
        ("a header that announces 48 MiB", framed(0, &[(48 << 20) / 8], 8)),
        ("half a segment table", framed(100, &[1, 2, 3], 0)),
        // capnp-rpc takes it for one that it has answered.
        ("a finish of a call that nobody made", one(|message| message.init_finish().set_question_id(FORGED))),
    ]
    .into_iter()
}

/// Messages with a content that cannot be read.
fn nonsense() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let root = |pointer: u64| {
        let mut bytes = framed(0, &[1], 0);
        bytes.extend(pointer.to_le_bytes());
        bytes
    };
    [
        ("a root pointer out of bounds", root(0x0000_0001_7fff_fffc)),
        ("a root pointer to a list", root(0x0000_0009_0000_0001)),
        ("a root pointer to another segment", root(0x0000_0007_0000_0002)),
        ("a root pointer that is a capability", root(0x0000_0000_0000_0003)),
        ("an abort", one(|message| message.init_abort().set_reason("because"))),
    ]
    .into_iter()
}

/// Messages about objects, questions and answers that are nobody's.
fn forged() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    [
        (
            "a call to a forged object",
            one(|message| {
                message.init_call().init_target().set_imported_cap(FORGED);
            }),
        ),
        (
            "a release of a forged object",
            one(|message| {
                let mut release = message.init_release();
                release.set_id(FORGED);
                release.set_reference_count(1);
            }),
        ),
        (
            "a return to a question that nobody asked",
            one(|message| {
                let mut answer = message.init_return();
                answer.set_answer_id(FORGED);
                answer.init_results();
            }),
        ),
        (
            "a disembargo of a forged object",
            one(|message| {
                let mut disembargo = message.init_disembargo();
                disembargo.reborrow().init_target().set_imported_cap(FORGED);
                disembargo.init_context().set_sender_loopback(1);
            }),
        ),
        ("one question asked twice", [bootstrap(), bootstrap()].concat()),
        (
            "a root released more often than it was given",
            [
                bootstrap(),
                one(|message| {
                    let mut release = message.init_release();
                    release.set_id(0);
                    release.set_reference_count(1000);
                }),
            ]
            .concat(),
        ),
    ]
    .into_iter()
}

/// Calls to the root with arguments that are nobody's objects. capnp-rpc takes them for objects that are broken: only calls
/// to them fail.
fn arguments() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let with = |set: fn(cap_descriptor::Builder<'_>)| {
        let call = one(|message| {
            let mut call = message.init_call();
            call.set_question_id(1);
            call.set_interface_id(<dyn Lab as Interface>::ID);
            call.reborrow().init_target().init_promised_answer().set_question_id(0);
            let payload = call.init_params();
            set(payload.init_cap_table(1).get(0));
        });
        [bootstrap(), call].concat()
    };
    [
        ("an argument that is a forged object", with(|mut cap| cap.set_receiver_hosted(FORGED))),
        (
            "an argument that is the answer to a forged question",
            with(|cap| cap.init_receiver_answer().set_question_id(FORGED)),
        ),
    ]
    .into_iter()
}

fn bootstrap() -> Vec<u8> {
    one(|message| message.init_bootstrap().set_question_id(0))
}

fn one(fill: impl FnOnce(message::Builder<'_>)) -> Vec<u8> {
    let mut builder: Builder<HeapAllocator> = Builder::new_default();
    fill(builder.init_root());
    write_message_to_words(&builder)
}
