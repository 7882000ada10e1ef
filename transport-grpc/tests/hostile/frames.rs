//! Frames that break the session's rules.

use ipc_core::{Interface, Options};
use prost::Message;

use crate::{
    messages::{Call, Chunk, Envelope, ObjectRef, Payload, Release, Return, Thread},
    stage::{Session, Stage, call, ended, framed, greet, ordinal, resident},
    support::{Init, Math},
};

/// The first object of every session of ours.
const ROOT: u64 = 1 << 32;

fn on(object: u64, interface: u64) -> Envelope {
    call(Call { id: 9, object, interface, thread: Some(Thread { key: 1, name: Some("x".into()) }), ..Call::default() })
}

fn release(object: u64, count: u64) -> Envelope {
    Envelope { release: Some(Release { object, count }), ..Envelope::default() }
}

#[tokio::test]
async fn forged_ids_end_the_session_that_they_are_sent_on() {
    let stage = Stage::new();
    let forged = ObjectRef { sender: None, receiver: Some(4711) };
    let lend = Call {
        id: 9,
        object: ROOT,
        interface: <dyn Init>::ID,
        ordinal: ordinal("lend"),
        thread: Some(Thread { key: 1, name: Some("x".into()) }),
        args: Some(Payload { body: vec![0x0a, 0], objects: vec![forged] }),
    };
    for breach in [
        on(4711, <dyn Init>::ID),
        on(0, <dyn Init>::ID),
        on(u64::MAX, <dyn Init>::ID),
        release(4711, 1),
        release(ROOT, 2),
        release(ROOT, u64::MAX),
        call(lend),
        Envelope { answer: Some(Return { call: 7, results: Some(Payload::default()) }), ..Envelope::default() },
    ] {
        let (io, connection) = stage.connection(Options::default());
        let mut session = Session::open(io).await;
        assert_eq!(session.root, ROOT);
        session.send(breach.clone()).await.unwrap();
        let last = session.next().await.unwrap_or_else(|| panic!("{breach:?}"));
        assert!(last.close.as_ref().is_some_and(|close| close.reason.contains("expected")), "{breach:?}: {last:?}");
        let why = ended(&connection).await;
        assert!(why.contains("broke the protocol"), "{breach:?}: {why}");
        assert_eq!(connection.usage(), Default::default());
    }
    stage.still_serves().await;
}

/// Who says something wrong and ends its half of the stream at once is told all the same.
#[tokio::test]
async fn the_last_word_is_heard_by_who_has_said_its_own() {
    let stage = Stage::new();
    for _ in 0..50 {
        let (io, connection) = stage.connection(Options::default());
        let mut session = Session::open(io).await;
        let breach = framed(&release(4711, 1).encode_to_vec());
        session.send.send_data(breach, true).unwrap();
        assert!(session.next().await.is_some_and(|last| last.close.is_some()));
        assert!(ended(&connection).await.contains("broke the protocol"));
    }
}

/// An object's id means something on the session alone on which it was sent.
#[tokio::test]
async fn what_one_session_has_another_does_not() {
    let stage = Stage::new();
    let (io, owner) = stage.connection(Options::default());
    let mut session = Session::open(io).await;
    let math = session.make_math().await;

    let (io, connection) = stage.connection(Options::default());
    let mut thief = Session::open(io).await;
    for envelope in [on(math, <dyn Math>::ID), release(math, 1)] {
        let _ = thief.send(envelope).await;
    }
    assert!(ended(&connection).await.contains("broke the protocol"));
    // The owner's still is one.
    session.send(on(math, <dyn Math>::ID)).await.unwrap();
    assert_eq!(session.next().await.unwrap().answer.unwrap().call, 9);
    assert!(owner.is_connected());
    stage.still_serves().await;
}

#[tokio::test]
async fn what_is_too_large_ends_the_session_before_it_is_held() {
    let stage = Stage::new();
    let mut options = Options::default();
    options.limits.message_bytes = 1 << 20;
    let before = resident();
    // A message of gRPC that would be 4 GiB.
    let (io, connection) = stage.connection(options.clone());
    let mut session = Session::open(io).await;
    session.send_bytes(b"\0\xff\xff\xff\xff".to_vec().into()).await.unwrap();
    assert!(session.next().await.is_none());
    assert!(ended(&connection).await.contains("the stream failed"));
    // A frame of pieces without an end.
    let (io, connection) = stage.connection(options);
    let mut session = Session::open(io).await;
    let piece = Envelope { chunk: Some(Chunk { data: vec![7; 60_000], last: false }), ..Envelope::default() };
    let mut pieces = 0;
    while pieces < 10_000 && session.send(piece.clone()).await.is_ok() {
        pieces += 1;
    }
    // And what was on its way meanwhile.
    assert!(pieces < 1000, "{pieces} pieces");
    assert!(ended(&connection).await.contains("expected frames of at most"));
    assert!(resident() < before + (64 << 20));
    stage.still_serves().await;
}

/// A thread costs memory, too.
#[tokio::test]
async fn threads_without_number_are_refused() {
    let stage = Stage::new();
    let mut options = Options::default();
    options.limits.server_threads = 16;
    let (io, connection) = stage.connection(options);
    let mut session = Session::open(io).await;
    let root = session.root;
    for key in 1..=1000 {
        session.send(greet(key, root, key, "Bob")).await.unwrap();
        assert_eq!(session.next().await.unwrap().answer.unwrap().results.is_some(), key <= 16);
    }
    assert_eq!(connection.usage().server_threads, 16);
    stage.still_serves().await;
}
