//! Calls that the peer gives up.

use std::sync::atomic::Ordering;

use crate::peer::{FREE, Peer, connect, number, text};

fn finish(peer: &mut Peer, question: u32) {
    peer.send(|message| message.init_finish().set_question_id(question));
}

/// It is answered all the same, as the protocol has it: only then the peer may use its number again.
#[test]
fn a_call_that_is_given_up_is_answered_when_it_ends() {
    // Fewer calls than are given up.
    let (server, _connection, mut peer) = connect(1, |limits| limits.calls_served = 10);
    for _ in 0..100 {
        peer.call_root(FREE, "block", |params| text(params, ""));
        server.until_blocked();
        finish(&mut peer, FREE);
        // The connection is none the worse for it meanwhile.
        peer.call_root(FREE + 1, "now", |_| ());
        assert_eq!(peer.reply().question, FREE + 1);
        server.open_gate(true);
        let reply = peer.reply();
        assert_eq!(reply.question, FREE);
        assert!(reply.error().is_some());
        server.open_gate(false);
    }
}

#[test]
fn a_call_that_is_given_up_before_it_begins_does_not() {
    let (server, _connection, mut peer) = connect(1, |_| ());
    peer.call_root(FREE, "block", |params| text(params, ""));
    server.until_blocked();
    for question in FREE + 1..FREE + 11 {
        peer.call_root(question, "bytes", |params| number(params, 1));
        if question % 2 == 0 {
            finish(&mut peer, question);
            assert_eq!(peer.reply().question, question);
        }
    }
    server.open_gate(true);
    for question in [FREE, FREE + 1, FREE + 3, FREE + 5, FREE + 7, FREE + 9] {
        let reply = peer.reply();
        assert_eq!((reply.question, reply.error()), (question, None));
    }
    assert_eq!(server.runs.load(Ordering::SeqCst), 5);
}

/// What it would have given is let go of.
#[test]
fn the_object_that_a_call_makes_which_is_given_up_is_dropped() {
    let (server, connection, mut peer) = connect(1, |_| ());
    let exports = connection.usage().exports;
    for _ in 0..20 {
        peer.call_root(FREE, "quick", |_| ());
        server.until_blocked();
        finish(&mut peer, FREE);
        server.open_gate(true);
        assert_eq!(peer.reply().question, FREE);
        server.open_gate(false);
    }
    while connection.usage().exports > exports {
        std::thread::yield_now();
    }
}
