//! The frames by which HTTP/2 keeps itself going, more of them than any peer needs: what each makes the server hold.

use std::time::Duration;

use crate::{
    peak::Peak,
    stage::{GREET, Stage, ended},
    wire::{
        ACK, DATA, END_HEADERS, END_STREAM, Flood, Flooded, GO_AWAY, HEADERS, PADDED, PING, PRIORITY, SETTINGS,
        WINDOW_UPDATE, frame, headers,
    },
};

/// How many frames are sent at once.
const GATHERED: usize = 200;

/// How many times, if the server lets it be: a million frames.
const PIECES: usize = 5000;

/// The most that all of this may take, in bytes.
const MEMORY: usize = 64 << 20;

/// What a flood begins with, and the frame that it consists of.
type Case = (&'static str, Vec<u8>, Vec<u8>);

/// Frames that are answered, by the server itself.
fn answered() -> [Case; 3] {
    // The header table, the windows of streams, the largest frame.
    let values = [[0, 1, 0, 0, 0xff, 0xff], [0, 4, 0x7f, 0xff, 0xff, 0xff], [0, 5, 0, 0xff, 0xff, 0xff]].concat();
    [
        ("PING", Vec::new(), frame(PING, 0, 0, b"8 bytes.")),
        ("SETTINGS", Vec::new(), frame(SETTINGS, 0, 0, &[])),
        ("SETTINGS of values", open(1), frame(SETTINGS, 0, 0, &values)),
    ]
}

/// A request that has just begun.
fn open(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &headers(GREET))
}

/// Once the answers to them fill what is on its way to the peer, no more frames are taken, and nothing else is held.
#[tokio::test]
async fn frames_are_taken_only_as_their_answers_are_read() {
    let stage = Stage::new();
    let peak = Peak::measure().await;
    for (name, first, frame) in answered() {
        let mut flood = Flood::begin(&stage, &first).await;
        let flooded = flood.deaf(PIECES, |_| frame.repeat(GATHERED)).await;
        assert!(matches!(flooded, Flooded::Held), "{name}: {flooded:?}");
        // It takes more when there is room again.
        let flooded = flood.reading(flood.sent + 100, |_| frame.repeat(GATHERED)).await;
        assert!(matches!(flooded, Flooded::Taken), "{name}: {flooded:?}");
        // And does not keep the connection from being closed.
        let flooded = flood.deaf(PIECES, |_| frame.repeat(GATHERED)).await;
        assert!(matches!(flooded, Flooded::Held), "{name}: {flooded:?}");
        let Flood { connection, .. } = flood;
        let close = move || connection.close(Duration::ZERO).map(|()| connection);
        let connection = tokio::task::spawn_blocking(close).await.unwrap().unwrap();
        ended(&connection).await;
    }
    assert!(peak.bytes() < MEMORY, "{} bytes", peak.bytes());
}

#[tokio::test]
async fn frames_whose_answers_are_read_hold_nobody_up() {
    let stage = Stage::new();
    let peak = Peak::measure().await;
    for (name, first, frame) in answered() {
        let mut flood = Flood::begin(&stage, &first).await;
        let flooded = flood.reading(PIECES, |_| frame.repeat(GATHERED)).await;
        assert!(matches!(flooded, Flooded::Taken), "{name}: {flooded:?}");
    }
    assert!(peak.bytes() < MEMORY, "{} bytes", peak.bytes());
}

#[tokio::test]
async fn frames_without_an_answer_leave_nothing_behind() {
    let stage = Stage::new();
    let peak = Peak::measure().await;
    let cases: [Case; 6] = [
        ("PING, an answer to none", Vec::new(), frame(PING, ACK, 0, b"8 bytes.")),
        ("WINDOW_UPDATE", Vec::new(), frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1])),
        ("WINDOW_UPDATE of a stream", open(1), frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1])),
        ("WINDOW_UPDATE past all bounds", open(1), frame(WINDOW_UPDATE, 0, 1, &[0x7f, 0xff, 0xff, 0xff])),
        ("PRIORITY", Vec::new(), frame(PRIORITY, 0, 9, &[0, 0, 0, 0, 1])),
        ("one that nobody knows", Vec::new(), frame(0xbe, 0, 9, &[0; 5])),
    ];
    for (name, first, frame) in cases {
        let mut flood = Flood::begin(&stage, &first).await;
        let flooded = flood.deaf(PIECES, |_| frame.repeat(GATHERED)).await;
        assert!(matches!(flooded, Flooded::Taken), "{name}: {flooded:?}");
    }
    assert!(peak.bytes() < MEMORY, "{} bytes", peak.bytes());
}

#[tokio::test]
async fn frames_that_nobody_needs_end_their_connection() {
    let stage = Stage::new();
    let peak = Peak::measure().await;
    // A request of 192 KB.
    let begun = [open(1), frame(DATA, 0, 1, &[0, 0, 3, 0, 0])].concat();
    let cases: [Case; 7] = [
        ("SETTINGS, an answer to none", Vec::new(), frame(SETTINGS, ACK, 0, &[])),
        ("WINDOW_UPDATE past all bounds", Vec::new(), frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff])),
        ("WINDOW_UPDATE of nothing", open(1), frame(WINDOW_UPDATE, 0, 1, &[0; 4])),
        ("WINDOW_UPDATE of no stream", Vec::new(), frame(WINDOW_UPDATE, 0, 9, &[0, 0, 0, 1])),
        ("DATA of nothing", open(1), frame(DATA, 0, 1, &[])),
        ("DATA of padding", open(1), frame(DATA, PADDED, 1, &[3, 0, 0, 0])),
        ("DATA of a byte", begun, frame(DATA, 0, 1, &[7])),
    ];
    for (name, first, frame) in cases {
        let mut flood = Flood::begin(&stage, &first).await;
        let flooded = flood.deaf(PIECES, |_| frame.repeat(GATHERED)).await;
        assert!(matches!(flooded, Flooded::Ended(_)), "{name}: {flooded:?}");
    }
    // With the first of these the connection is about to end: all may have been taken before.
    let mut flood = Flood::begin(&stage, &[]).await;
    let frame = frame(GO_AWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 1]);
    if !matches!(flood.deaf(PIECES, |_| frame.repeat(GATHERED)).await, Flooded::Ended(_)) {
        ended(&flood.connection).await;
    }
    assert!(peak.bytes() < MEMORY, "{} bytes", peak.bytes());
}

/// Each on a stream of its own; no response is read.
#[tokio::test]
async fn requests_without_number_end_their_connection() {
    let stage = Stage::new();
    let peak = Peak::measure().await;
    for (name, flags, fields) in [
        ("for nothing", END_HEADERS | END_STREAM, headers("/nothing")),
        ("cut off", END_HEADERS | END_STREAM, headers(GREET)),
        ("begun", END_HEADERS, headers(GREET)),
        ("without headers", END_HEADERS, Vec::new()),
    ] {
        let piece = |piece: usize| {
            let streams = (piece * GATHERED..).map(|n| 2 * n as u32 + 1).take(GATHERED);
            streams.flat_map(|stream| frame(HEADERS, flags, stream, &fields)).collect()
        };
        let mut flood = Flood::begin(&stage, &[]).await;
        let flooded = flood.deaf(PIECES, piece).await;
        assert!(matches!(flooded, Flooded::Ended(_)), "{name}: {flooded:?}");
    }
    assert!(peak.bytes() < MEMORY, "{} bytes", peak.bytes());
}
