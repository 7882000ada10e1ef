//! What a peer can make this side hold.

use std::sync::{atomic::Ordering, mpsc};

use capnp_rpc::rpc_capnp::exception;
use ipc_core::Interface;

use crate::{
    peer::{FREE, On, connect, number, ordinal, text},
    server::Quick,
};

const REPLY: usize = 1 << 20;

/// Replies are never held back, so the handlers that make them are: a peer that calls and does not read gets few of them.
#[test]
fn no_further_calls_are_served_for_a_peer_that_does_not_read() {
    const CALLS: usize = 200;
    let calls = FREE..FREE + CALLS as u32;
    let limit = |limits: &mut ipc_core::Limits| limits.output_bytes = REPLY;
    let (server, connection, mut peer) = connect(1, limit);
    for question in calls.clone() {
        peer.call_root(question, "bytes", |params| number(params, REPLY as u32));
    }
    while connection.usage().output_bytes <= REPLY {
        std::thread::yield_now();
    }
    // In the time that another peer takes, which does read, as many handlers would run here.
    let (other, _connection, mut reading) = connect(1, limit);
    for question in calls.clone() {
        reading.call_root(question, "bytes", |params| number(params, REPLY as u32));
        assert_eq!(reading.reply().question, question);
    }
    assert_eq!(other.runs.load(Ordering::SeqCst), CALLS);
    let ran = server.runs.load(Ordering::SeqCst);
    assert!(ran <= 4, "{ran} calls were served");
    // None is lost.
    for question in calls {
        let reply = peer.reply();
        assert_eq!((reply.question, reply.error()), (question, None));
    }
}

/// `calls_served` counts calls, however large; what they take is bounded as well.
#[test]
fn calls_that_wait_take_a_bounded_number_of_bytes() {
    const CALLS: u32 = 64;
    const TIMES: usize = 8;
    let (server, _connection, mut peer) = connect(1, |limits| limits.message_bytes = 64 << 10);
    let large = "t".repeat(32 << 10);
    for question in FREE..FREE + CALLS {
        peer.call_root(question, "block", |params| text(params, &large));
    }
    // One blocks, and all but so many are refused at once.
    let waiting = (TIMES * (64 << 10) / large.len()) as u32;
    for _ in waiting..CALLS {
        let (kind, message) = peer.reply().error().expect("nobody has opened the gate");
        assert_eq!(kind, exception::Type::Overloaded, "{message}");
        assert!(message.contains("bytes"), "{message}");
    }
    server.open_gate(true);
    let served = (0..waiting).filter(|_| peer.reply().error().is_none()).count();
    assert!(served as u32 >= waiting - 1, "{served} were served");
    // There is room again.
    peer.call_root(FREE + CALLS, "block", |params| text(params, &large));
    assert_eq!(peer.reply().error(), None);
}

/// Calls to answers that are still to come wait inside the RPC layer, which bounds them by nothing.
#[test]
fn calls_that_wait_for_answers_are_bounded() {
    const SERVED: usize = 10;
    let (server, connection, mut peer) = connect(1, |limits| limits.calls_served = SERVED);
    let (lost, loss) = mpsc::channel();
    connection.on_disconnect(move |why| lost.send(why.to_string()).unwrap());
    peer.call_root(FREE, "quick", |_| ());
    server.until_blocked();
    for question in 1..=2 * SERVED as u32 {
        peer.call(FREE + question, On::In(FREE), <dyn Quick>::ID, ordinal::<dyn Quick>("answer"), |_| ());
    }
    peer.until_closed();
    let why = loss.recv().unwrap();
    assert!(why.contains("neither answered nor finished"), "{why}");
    server.open_gate(true);
}

/// Their results are kept for calls that may still be made to them.
#[test]
fn questions_that_are_never_finished_are_bounded() {
    const SERVED: usize = 10;
    for bootstrap in [true, false] {
        let (_server, connection, mut peer) = connect(1, |limits| limits.calls_served = SERVED);
        let (lost, loss) = mpsc::channel();
        connection.on_disconnect(move |why| lost.send(why.to_string()).unwrap());
        for question in FREE..FREE + 2 * SERVED as u32 {
            if bootstrap {
                peer.send(|message| message.init_bootstrap().set_question_id(question));
            } else {
                // An answer with an object in it is kept; of others nothing is.
                peer.call_root(question, "owned", |_| ());
            }
        }
        peer.until_closed();
        let why = loss.recv().unwrap();
        assert!(why.contains("neither answered nor finished"), "{why}");
    }
}

#[test]
fn questions_that_are_finished_are_not_bounded() {
    const SERVED: usize = 10;
    let (_server, _connection, mut peer) = connect(1, |limits| limits.calls_served = SERVED);
    for question in FREE..FREE + 20 * SERVED as u32 {
        peer.call_root(question, "now", |_| ());
        assert_eq!(peer.reply().question, question);
        peer.send(|message| message.init_finish().set_question_id(question));
    }
}

/// Each takes memory here as soon as it is in a message.
#[test]
fn the_objects_of_a_peer_are_bounded() {
    const IMPORTS: u32 = 100;
    for (caps, is_taken) in [(IMPORTS / 2, true), (IMPORTS + 1, false)] {
        let (_server, connection, mut peer) = connect(1, |limits| limits.imports = IMPORTS as usize);
        let (lost, loss) = mpsc::channel();
        connection.on_disconnect(move |why| drop(lost.send(why.to_string())));
        // None is kept: they may be many in all.
        for question in FREE..FREE + 10 {
            peer.call_root(question, "now", |params| {
                let mut table = params.init_cap_table(caps);
                (0..caps).for_each(|at| table.reborrow().get(at).set_sender_hosted(at));
            });
            if is_taken {
                assert_eq!(peer.reply().question, question);
            }
        }
        if !is_taken {
            peer.until_closed();
            let why = loss.recv().unwrap();
            assert!(why.contains("objects of the peer's"), "{why}");
        }
    }
}

/// As many as are served may wait so, and are answered.
#[test]
fn as_many_calls_as_are_served_may_wait_for_answers() {
    const SERVED: usize = 10;
    let (server, _connection, mut peer) = connect(1, |limits| limits.calls_served = SERVED);
    peer.call_root(FREE, "quick", |_| ());
    server.until_blocked();
    for question in 1..SERVED as u32 {
        peer.call(FREE + question, On::In(FREE), <dyn Quick>::ID, ordinal::<dyn Quick>("answer"), |_| ());
    }
    server.open_gate(true);
    let mut questions: Vec<_> = (0..SERVED)
        .map(|_| peer.reply())
        .map(|reply| {
            assert_eq!(reply.error(), None);
            reply.question
        })
        .collect();
    questions.sort_unstable();
    assert_eq!(questions, (FREE..FREE + SERVED as u32).collect::<Vec<_>>());
}

/// A thread's name is kept in several places, for as long as the thread lives.
#[test]
fn the_names_of_threads_are_cut() {
    let (_server, _connection, mut peer) = connect(1, |_| ());
    // Characters of three bytes, of which none is cut in two.
    assert_eq!(peer.name_of_thread(&"€".repeat(1 << 18)), "€".repeat(8192 / 3));
}

#[test]
fn the_names_of_threads_that_are_short_enough_are_kept() {
    for name in ["", "€", &"n".repeat(8192)] {
        let (_server, _connection, mut peer) = connect(1, |_| ());
        assert_eq!(peer.name_of_thread(name), name);
    }
}
