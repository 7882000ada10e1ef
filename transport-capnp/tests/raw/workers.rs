//! Calls that come to workers that read, that wait, and that block.

use ipc_core::Interface;

use crate::{
    peer::{FREE, On, connect, number, ordinal, text},
    server::Quick,
};

/// The worker that reads both may block in the first for as long as it likes.
#[test]
fn a_call_without_context_does_not_wait_for_one_that_was_read_with_it() {
    let (server, _connection, mut peer) = connect(1, |_| ());
    for round in 0..20 {
        let question = FREE + 3 * round;
        // From now on the worker reads.
        peer.call_root(question, "bytes", |params| number(params, 1));
        assert_eq!(peer.reply().question, question);
        peer.in_one_write(|peer| {
            peer.call_root(question + 1, "block", |params| text(params, ""));
            peer.call_root(question + 2, "now", |_| ());
        });
        assert_eq!(peer.reply().question, question + 2);
        server.open_gate(true);
        assert_eq!(peer.reply().question, question + 1);
        server.open_gate(false);
    }
}

/// It waits inside the RPC layer and comes up when another worker answers; its own blocks in a read until then.
#[test]
fn a_call_to_an_object_that_is_still_to_come_is_served_by_a_worker_that_reads() {
    let (server, _connection, mut peer) = connect(2, |_| ());
    for round in 0..20 {
        let question = FREE + 5 * round;
        peer.call_root(question, "quick", |_| ());
        server.until_blocked();
        // From now on the other worker reads, and the call that is still to come up will be its turn.
        for question in [question + 1, question + 4] {
            peer.call_root(question, "bytes", |params| number(params, 1));
            assert_eq!(peer.reply().question, question);
        }
        peer.call(question + 2, On::In(question), <dyn Quick>::ID, ordinal::<dyn Quick>("answer_on_worker"), |_| ());
        // Until that is read; what is asked of the server here, the reader answers.
        peer.call_root(question + 3, "now", |_| ());
        assert_eq!(peer.reply().question, question + 3);
        server.open_gate(true);
        let mut replies = [peer.reply().question, peer.reply().question];
        replies.sort_unstable();
        assert_eq!(replies, [question, question + 2]);
        server.open_gate(false);
    }
}

/// Of the workers of a pool the one that has the least to do, which a blocked one has not.
#[test]
fn a_pool_gives_no_call_to_a_blocked_worker_while_another_is_idle() {
    let (server, _connection, mut peer) = connect(2, |_| ());
    peer.call_root(FREE, "block", |params| text(params, ""));
    server.until_blocked();
    for question in FREE + 1..FREE + 11 {
        peer.call_root(question, "bytes", |params| number(params, 1));
        assert_eq!(peer.reply().question, question);
    }
    server.open_gate(true);
    assert_eq!(peer.reply().question, FREE);
}
