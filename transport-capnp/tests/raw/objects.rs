//! Objects that a peer is given, or is about to be given.

use std::sync::atomic::Ordering;

use ipc_core::Interface;

use crate::{
    peer::{FREE, On, connect, ordinal},
    server::{Owned, Quick},
};

/// The call waits inside the RPC layer and comes up when the answer is given, on a thread that does not read then.
#[test]
fn a_call_without_context_to_an_object_that_is_still_to_come_is_served() {
    let (server, _connection, mut peer) = connect(1, |_| ());
    for round in 0..20 {
        let question = FREE + 2 * round;
        peer.call_root(question, "quick", |_| ());
        peer.call(question + 1, On::In(question), <dyn Quick>::ID, ordinal::<dyn Quick>("answer"), |_| ());
        server.until_blocked();
        server.open_gate(true);
        let replies = [peer.reply(), peer.reply()];
        server.open_gate(false);
        let answer = replies.iter().find(|reply| reply.question == question + 1).expect("each is answered once");
        assert_eq!(answer.number(), 42);
    }
}

/// Whoever is given one object twice, as libmultiprocess is, has two proxies for it, and destroys each.
#[test]
fn destroying_one_of_two_proxies_leaves_the_other_its_object() {
    let (server, _connection, mut peer) = connect(1, |_| ());
    let given = [FREE, FREE + 1].map(|question| {
        peer.call_root(question, "owned", |_| ());
        peer.reply().object()
    });
    let destroy = <dyn Owned>::SCHEMA.destroy().unwrap();
    let touch = ordinal::<dyn Owned>("touch");
    peer.call(FREE + 2, On::Import(given[0]), destroy.0, destroy.1, |_| ());
    assert_eq!(peer.reply().error(), None);
    assert_eq!(server.dropped.load(Ordering::SeqCst), 0);
    // The destroyed one is gone, the other has its object.
    peer.call(FREE + 3, On::Import(given[0]), <dyn Owned>::ID, touch, |_| ());
    assert!(peer.reply().error().is_some());
    peer.call(FREE + 4, On::Import(given[1]), <dyn Owned>::ID, touch, |_| ());
    assert_eq!(peer.reply().number(), 42);
    peer.call(FREE + 5, On::Import(given[1]), destroy.0, destroy.1, |_| ());
    assert_eq!(peer.reply().error(), None);
    assert_eq!(server.dropped.load(Ordering::SeqCst), 1);
}
