//! HTTP/2 with bytes of our own: what no library sends.
#![allow(dead_code, reason = "each test program uses a part")]

use std::pin::pin;

use ipc_core::{Connection, Options};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

use crate::stage::{Stage, ended, resident};

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RESET: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GO_AWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

/// Flags.
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const PADDED: u8 = 8;

/// How much more memory a flood may take, in bytes.
const MEMORY: usize = 256 << 20;

/// How often others are served while a connection takes nothing, until it is said to take no more.
const TURNS: u32 = 8;

/// A frame of HTTP/2.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&len[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A literal header that is not remembered.
pub(crate) fn header(name: &[u8], value: &[u8]) -> Vec<u8> {
    [&[0, name.len() as u8][..], name, &[value.len() as u8], value].concat()
}

/// The headers of a gRPC request for this path.
pub(crate) fn headers(path: &str) -> Vec<u8> {
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "localhost"),
        (":path", path),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    fields.map(|(name, value)| header(name.as_bytes(), value.as_bytes())).concat()
}

/// What became of a flood.
#[derive(Debug)]
pub(crate) enum Flooded {
    /// The server ended the connection, and says why.
    Ended(String),
    /// It takes no more until it is read.
    Held,
    /// It took all of it.
    Taken,
}

/// A peer that sends without end.
pub(crate) struct Flood<'s> {
    stage: &'s Stage,
    io: UnixStream,
    pub(crate) connection: Connection,
    /// How many of the pieces that `send` sends were taken.
    pub(crate) sent: usize,
    /// What is left of a piece.
    left: Vec<u8>,
    before: usize,
}

impl<'s> Flood<'s> {
    /// That begins with this, beside what each client begins with.
    pub(crate) async fn begin(stage: &'s Stage, first: &[u8]) -> Self {
        let (mut io, connection) = stage.connection(Options::default());
        io.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[]), first].concat()).await.unwrap();
        Self { stage, io, connection, sent: 0, left: Vec::new(), before: resident() }
    }

    /// Sends pieces until there are `most`, and reads all that the server says.
    pub(crate) async fn reading(&mut self, most: usize, piece: impl FnMut(usize) -> Vec<u8>) -> Flooded {
        self.run(most, piece, true).await
    }

    /// The same, and reads nothing.
    pub(crate) async fn deaf(&mut self, most: usize, piece: impl FnMut(usize) -> Vec<u8>) -> Flooded {
        self.run(most, piece, false).await
    }

    async fn run(&mut self, most: usize, mut piece: impl FnMut(usize) -> Vec<u8>, reads: bool) -> Flooded {
        let (mut read, mut write) = self.io.split();
        let mut said = vec![0; 1 << 16];
        if self.left.is_empty() {
            self.left = piece(self.sent);
        }
        let mut others = pin!(self.stage.still_serves());
        // How often others were served since it last took something.
        let mut served = 0;
        let flooded = loop {
            assert!(resident() < self.before + MEMORY, "after {} pieces", self.sent);
            tokio::select! {
                biased;
                written = write.write(&self.left) => match written {
                    Ok(written) => {
                        self.left.drain(..written);
                        served = 0;
                    }
                    Err(_) => break Flooded::Ended(ended(&self.connection).await),
                },
                read = read.read(&mut said), if reads => if !matches!(read, Ok(1..)) {
                    break Flooded::Ended(ended(&self.connection).await);
                },
                // One event loop serves them all, each in its turn.
                () = &mut others => {
                    others.set(self.stage.still_serves());
                    served += 1;
                    if served == TURNS && !reads {
                        break Flooded::Held;
                    }
                },
            }
            if self.left.is_empty() {
                self.sent += 1;
                if self.sent == most {
                    break Flooded::Taken;
                }
                self.left = piece(self.sent);
            }
        };
        self.stage.still_serves().await;
        flooded
    }
}
