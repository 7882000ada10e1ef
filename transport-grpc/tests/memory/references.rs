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
        refer(&mut session, pieces * some.len(), (0..pieces).map(|_| some.clone())).await;
        let why = ended(&connection).await;
        assert!(why.contains("expected at most 7456540 references to objects"), "{why}");
        assert_eq!(connection.usage(), Default::default());
        stage.still_serves().await;
    }
    assert!(peak.bytes() < 320 << 20, "{} bytes", peak.bytes());
}

/// Sends a call with so many bytes of references, in pieces.
async fn refer(session: &mut Session, len: usize, references: impl Iterator<Item = Vec<u8>>) {
    let mut pieces = std::iter::once(head(session.root, len)).chain(references).peekable();
    while let Some(data) = pieces.next() {
        let chunk = Chunk { data, last: pieces.peek().is_none() };
        session.send(Envelope { chunk: Some(chunk), ..Envelope::default() }).await.unwrap();
    }
}

/// What stands before so many bytes of references, in an envelope with a call of `Init::greet`.
fn head(root: u64, len: usize) -> Vec<u8> {
    let call = Call {
        id: 9,
        object: root,
        interface: <dyn Init>::ID,
        ordinal: ordinal("greet"),
        thread: Some(Thread { key: 1, name: Some("x".into()) }),
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
