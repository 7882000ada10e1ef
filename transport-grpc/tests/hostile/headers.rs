//! HTTP/2 itself, with bytes of our own: what no library sends.

use ipc_core::Options;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

use crate::stage::{Stage, ended, resident};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&len[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Sends until the server ends the connection; gives how many frames it took.
async fn flood(stage: &Stage, first: &[u8], more: &[u8]) -> usize {
    let (mut io, connection) = stage.connection(Options::default());
    io.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[]), first].concat()).await.unwrap();
    let (mut read, mut write) = io.split();
    let (before, mut sent) = (resident(), 0);
    let mut bytes = vec![0; 1 << 16];
    loop {
        tokio::select! {
            read = read.read(&mut bytes) => if !matches!(read, Ok(1..)) { break },
            written = write.write_all(more), if sent < 1_000_000 => match written {
                Ok(()) => sent += 1,
                Err(_) => break,
            },
        }
    }
    ended(&connection).await;
    assert!(sent < 1_000_000, "the server takes whatever comes");
    assert!(resident() < before + (256 << 20));
    stage.still_serves().await;
    sent
}

/// A literal header that is not remembered.
fn header(name: &[u8], value: &[u8]) -> Vec<u8> {
    [&[0, name.len() as u8][..], name, &[value.len() as u8], value].concat()
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
    flood(&stage, &[], &frame(CONTINUATION, 4, 5, &[])).await;
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
