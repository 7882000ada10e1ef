//! Headers without number, and what is no HTTP/2 at all.

use ipc_core::Options;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

use crate::{
    stage::{Stage, ended},
    wire::{CONTINUATION, END_HEADERS, Flood, Flooded, HEADERS, PREFACE, RESET, frame, header},
};

/// Sends until the server ends the connection; gives how many frames it took.
async fn flood(stage: &Stage, first: &[u8], more: &[u8]) -> usize {
    let mut flood = Flood::begin(stage, first).await;
    let flooded = flood.reading(1_000_000, |_| more.to_vec()).await;
    assert!(matches!(flooded, Flooded::Ended(_)), "{flooded:?}");
    flood.sent
}

#[tokio::test]
async fn headers_without_end() {
    let stage = Stage::new();
    let field = header(b"x-flood", &[b'x'; 100]);
    let sent = flood(&stage, &frame(HEADERS, 0, 1, &field), &frame(CONTINUATION, 0, 1, &field.repeat(100))).await;
    assert!(sent < 1000, "{sent}");
}

#[tokio::test]
async fn headers_in_ever_so_many_empty_pieces() {
    let stage = Stage::new();
    let field = header(b"x-flood", b"x");
    flood(&stage, &frame(HEADERS, 0, 1, &field), &frame(CONTINUATION, 0, 1, &[])).await;
}

/// Resets of streams that were never opened, and frames for them.
#[tokio::test]
async fn frames_of_streams_that_are_none() {
    let stage = Stage::new();
    flood(&stage, &[], &frame(RESET, 0, 7, &[0, 0, 0, 8])).await;
    flood(&stage, &[], &frame(CONTINUATION, END_HEADERS, 5, &[])).await;
}

/// Something else than HTTP/2.
#[tokio::test]
async fn what_is_no_http2() {
    let stage = Stage::new();
    for text in [&b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..], &[0xff; 100], &[PREFACE, &[0xff; 100]].concat()] {
        let (mut io, connection): (UnixStream, _) = stage.connection(Options::default());
        io.write_all(text).await.unwrap();
        let mut said = Vec::new();
        // A reset says as much as an end.
        let _ = io.read_to_end(&mut said).await;
        ended(&connection).await;
    }
    stage.still_serves().await;
}
