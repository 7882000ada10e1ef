//! Calls that wait, and what they keep in memory meanwhile.

use ipc_core::{Interface, Options};
use prost::Message;

use crate::{
    messages::{Call, Chunk, Envelope, Payload, Thread},
    peak::Peak,
    stage::{Session, Stage, call, framed},
    support::Math,
};

/// What a call takes may be counted by its arguments only if it keeps nothing else that came with them.
#[tokio::test]
async fn a_call_that_waits_keeps_its_arguments_alone() {
    let stage = Stage::new();
    let peak = Peak::measure().await;
    let (io, connection) = stage.connection(Options::default());
    let mut session = Session::open(io).await;
    let math = session.make_math().await;
    for id in 0..16 {
        let envelope = [wait(id, math).encode_to_vec(), padding(60 << 20)].concat();
        let mut pieces = envelope.chunks(60_000).peekable();
        while let Some(data) = pieces.next() {
            let chunk = Chunk { data: data.to_vec(), last: pieces.peek().is_none() };
            session.send(Envelope { chunk: Some(chunk), ..Envelope::default() }).await.unwrap();
        }
    }
    answered(&stage, &mut session, 16).await;
    assert!(peak.bytes() < 512 << 20, "{} bytes", peak.bytes());
    assert!(connection.is_connected());
}

/// The same for what came in the same piece of the stream.
#[tokio::test]
async fn small_calls_that_wait_keep_their_arguments_alone() {
    let stage = Stage::new();
    let peak = Peak::measure().await;
    let (io, connection) = stage.connection(Options::default());
    let mut session = Session::open(io).await;
    let math = session.make_math().await;
    for id in 0..4000 {
        let envelope = [wait(id, math).encode_to_vec(), padding(60_000)].concat();
        session.send_bytes(framed(&envelope)).await.unwrap();
    }
    answered(&stage, &mut session, 4000).await;
    assert!(peak.bytes() < 128 << 20, "{} bytes", peak.bytes());
    assert!(connection.is_connected());
}

/// Lets them return.
async fn answered(stage: &Stage, session: &mut Session, calls: usize) {
    stage.still_serves().await;
    stage.root.gate.open();
    for _ in 0..calls {
        assert!(session.next().await.unwrap().answer.unwrap().results.is_some());
    }
}

fn wait(id: u64, math: u64) -> Envelope {
    let method = <dyn Math>::SCHEMA.methods.iter().find(|method| method.name == "wait").unwrap();
    // A field that the request does not have.
    let args = Payload { body: vec![0x78, 1], objects: Vec::new() };
    call(Call {
        id,
        object: math,
        interface: <dyn Math>::ID,
        ordinal: method.ordinal.into(),
        thread: Some(Thread { key: 1, name: None }),
        args: Some(args),
    })
}

/// A field that an envelope does not have.
fn padding(len: usize) -> Vec<u8> {
    let mut bytes = vec![0xfa, 0x07];
    prost::encoding::encode_varint(len as u64, &mut bytes);
    bytes.resize(bytes.len() + len, 7);
    bytes
}
