//! References to objects without number.

use ipc_core::{Interface, Options};
use prost::{Message, encoding::encode_varint};

use crate::{
    messages::{Call, Chunk, Envelope, ObjectRef, Thread},
    peak::Peak,
    stage::{Session, Stage, ended, ordinal},
    support::Init,
};

/// The shortest there are have two bytes each, and would take eight times as much.
#[tokio::test]
async fn references_are_counted_before_memory_is_taken_for_them() {
    let stage = Stage::new();
    let peak = Peak::measure().await;
    for reference in [ObjectRef::default(), ObjectRef { receiver: Some(1), sender: None }] {
        let (io, connection) = stage.connection(Options::default());
        let mut session = Session::open(io).await;
        let some = field(2, &reference.encode_to_vec()).repeat(10_000);
        let pieces = (95 << 20) / some.len();
        refer(&mut session, 9, pieces * some.len(), (0..pieces).map(|_| some.clone())).await.unwrap();
        let why = ended(&connection).await;
        assert!(why.contains("expected at most 7456540 references to objects"), "{why}");
        assert_eq!(connection.usage(), Default::default());
        stage.still_serves().await;
    }
    assert!(peak.bytes() < 320 << 20, "{} bytes", peak.bytes());
}

/// Objects are held, and counted, also when no argument refers to them.
#[tokio::test]
async fn more_objects_than_may_be_held_end_the_session() {
    let stage = Stage::new();
    let peak = Peak::measure().await;
    let (io, connection) = stage.connection(Options::default());
    let mut session = Session::open(io).await;
    let references: Vec<u8> = (1..=2_000_000).flat_map(object).collect();
    let pieces = references.chunks(60_000).map(<[u8]>::to_vec);
    refer(&mut session, 9, references.len(), pieces).await.unwrap();
    let why = ended(&connection).await;
    assert!(why.contains("expected at most 1048576 objects"), "{why}");
    assert!(peak.bytes() < 320 << 20, "{} bytes", peak.bytes());
    stage.still_serves().await;
}

/// Those of a call that is refused are given back at once, with a frame for each.
#[tokio::test]
async fn objects_without_end_that_are_given_back_to_nobody() {
    let stage = Stage::new();
    let peak = Peak::measure().await;
    let (io, connection) = stage.connection(Options::default());
    let mut session = Session::open(io).await;
    let mut calls = 0;
    while calls < 40 {
        let first = 1 + calls * 500_000;
        let references: Vec<u8> = (first..first + 500_000).flat_map(object).collect();
        let pieces = references.chunks(60_000).map(<[u8]>::to_vec);
        if refer(&mut session, calls, references.len(), pieces).await.is_err() {
            break;
        }
        calls += 1;
    }
    assert!(calls < 40, "the server takes whatever comes: {} bytes", peak.bytes());
    let why = ended(&connection).await;
    assert!(why.contains("the peer does not read"), "{calls} calls: {why}");
    assert!(peak.bytes() < 512 << 20, "{} bytes", peak.bytes());
    stage.still_serves().await;
}

/// A reference to an object of the sender's.
fn object(id: u64) -> Vec<u8> {
    field(2, &ObjectRef { sender: Some(id), receiver: None }.encode_to_vec())
}

/// Sends a call with so many bytes of references, in pieces.
async fn refer(
    session: &mut Session,
    id: u64,
    len: usize,
    references: impl Iterator<Item = Vec<u8>>,
) -> Result<(), h2::Error> {
    let mut pieces = std::iter::once(head(id, session.root, len)).chain(references).peekable();
    while let Some(data) = pieces.next() {
        let chunk = Chunk { data, last: pieces.peek().is_none() };
        session.send(Envelope { chunk: Some(chunk), ..Envelope::default() }).await?;
    }
    Ok(())
}

/// What stands before so many bytes of references, in an envelope with a call. It is refused: its thread has no name.
fn head(id: u64, root: u64, len: usize) -> Vec<u8> {
    let call = Call {
        id,
        object: root,
        interface: <dyn Init>::ID,
        ordinal: ordinal("greet"),
        thread: Some(Thread { key: 1, name: None }),
        args: None,
    };
    let mut call = call.encode_to_vec();
    call.extend(key(8, len));
    [key(4, call.len() + len), call].concat()
}

fn field(number: u32, content: &[u8]) -> Vec<u8> {
    [&key(number, content.len()), content].concat()
}

/// What stands before a field of so many bytes.
fn key(number: u32, len: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_varint((number << 3 | 2).into(), &mut bytes);
    encode_varint(len as u64, &mut bytes);
    bytes
}
