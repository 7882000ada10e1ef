//! What a gRPC peer sends that breaks the protocol.

use crate::harness::{Closes, RawBytes, To};

/// All there is.
pub(super) fn all() -> Vec<RawBytes> {
    let raw = |name, to, clause, closes, bytes| RawBytes { name, to, clause, bytes, closes };
    let mut all = Vec::new();
    for to in [To::Server, To::Client] {
        let opening = || opening(to);
        let data = |envelopes: &[Vec<u8>]| -> Vec<u8> {
            let messages = envelopes.iter().flat_map(|envelope| message(envelope)).collect::<Vec<u8>>();
            [opening(), frame(DATA, 0, 1, &messages)].concat()
        };
        let first = first(to);
        let refused = [
            ("all ones", vec![0xff; 64]),
            ("an HTTP/1 request", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()),
            (
                "an HTTP/2 frame of 16 MiB",
                [begin(to), vec![0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1], vec![0; 64]].concat(),
            ),
            ("data of a stream that nobody opened", [begin(to), frame(DATA, 0, 7, b"x")].concat()),
            (
                "headers that are not compressed as they should be",
                [begin(to), frame(HEADERS, END_HEADERS, 1, &[0xff; 40])].concat(),
            ),
            ("a message that says to be compressed", [opening(), frame(DATA, 0, 1, &[1, 0, 0, 0, 1, 0])].concat()),
            ("a message of 4 GiB", [opening(), frame(DATA, 0, 1, &[0, 0xff, 0xff, 0xff, 0xff, 1, 2])].concat()),
            ("a message that is no protobuf", data(&[vec![0xff; 16]])),
            ("an envelope of nothing", data(&[vec![]])),
            ("a chunk of nothing", data(&[vec![0x6a, 0]])),
            (
                "chunks that are no envelope",
                data(&[first.clone(), field(13, &[field(1, &[0xff; 8]), vec![0x10, 1]].concat())]),
            ),
            ("two beginnings", data(&[first.clone(), first.clone()])),
            ("the other side's beginning", data(&[self::first(other(to))])),
            ("an answer before the beginning", data(&[answer(FORGED)])),
        ];
        all.extend(refused.map(|(name, bytes)| raw(name, to, "F10", Closes::Receiver, bytes)));
        let forged = [
            ("a call to an object that was never given", data(&[first.clone(), call(FORGED, &[])])),
            ("a release of an object that was never given", data(&[first.clone(), release(FORGED)])),
            ("the answer to a call that nobody made", data(&[first.clone(), answer(FORGED)])),
        ];
        all.extend(forged.map(|(name, bytes)| raw(name, to, "O4", Closes::Receiver, bytes)));
    }
    let open = opening(To::Server);
    let beginnings = [
        ("nothing", Vec::new()),
        ("half a preface", PREFACE[..10].to_vec()),
        ("a preface and no more", PREFACE.to_vec()),
        ("a stream that says nothing", open.clone()),
        ("half a message", [open.clone(), frame(DATA, 0, 1, &[0, 0, 0, 1, 0, 1])].concat()),
        (
            "chunks of a frame that never ends",
            [open, frame(DATA, 0, 1, &message(&field(13, &field(1, &[0x22; 100]))))].concat(),
        ),
    ];
    all.extend(beginnings.map(|(name, bytes)| raw(name, To::Server, "F10", Closes::Sender, bytes)));
    all
}

const FORGED: u64 = 4242;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const END_HEADERS: u8 = 4;

fn other(to: To) -> To {
    match to {
        To::Server => To::Client,
        To::Client => To::Server,
    }
}

/// How a connection begins.
fn begin(to: To) -> Vec<u8> {
    let settings = frame(SETTINGS, 0, 0, &[]);
    match to {
        To::Server => [PREFACE, &settings].concat(),
        To::Client => settings,
    }
}

/// The same, and the session's stream.
fn opening(to: To) -> Vec<u8> {
    let headers: &[(&str, &str)] = match to {
        To::Server => &[
            (":method", "POST"),
            (":scheme", "http"),
            (":authority", "localhost"),
            (":path", "/ipc.Session/Open"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ],
        To::Client => &[(":status", "200"), ("content-type", "application/grpc")],
    };
    let block: Vec<u8> = headers.iter().flat_map(|(name, value)| header(name, value)).collect();
    [begin(to), frame(HEADERS, END_HEADERS, 1, &block)].concat()
}

/// A header that is not indexed.
fn header(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}

/// An HTTP/2 frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u32).to_be_bytes();
    [&len[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A gRPC message.
fn message(content: &[u8]) -> Vec<u8> {
    [&[0], &(content.len() as u32).to_be_bytes()[..], content].concat()
}

/// A protobuf field that holds bytes, shorter than 128.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, content.len() as u8], content].concat()
}

/// A protobuf field that holds a number.
fn number(number: u8, value: u64) -> Vec<u8> {
    let mut bytes = vec![number << 3];
    let mut value = value;
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A side's first envelope, to the other one.
fn first(to: To) -> Vec<u8> {
    match to {
        // Version 1; any interface will do for what is refused after it.
        To::Server => field(
            1,
            &[number(1, 1), fixed(2, <dyn crate::interfaces::Lab as ipc_core::Interface>::ID), number(3, 1 << 20)]
                .concat(),
        ),
        To::Client => field(2, &[number(1, 1 << 32), number(2, 1 << 20)].concat()),
    }
}

fn fixed(number: u8, value: u64) -> Vec<u8> {
    [&[number << 3 | 1], &value.to_le_bytes()[..]].concat()
}

fn call(object: u64, args: &[u8]) -> Vec<u8> {
    field(4, &[number(1, 1), number(2, object), field(5, &number(1, 1)), field(8, args)].concat())
}

fn release(object: u64) -> Vec<u8> {
    field(7, &[number(1, object), number(2, 1)].concat())
}

fn answer(call: u64) -> Vec<u8> {
    field(6, &[number(1, call), field(2, &[])].concat())
}
