//! The node ends, or its client does, in the middle of a wait.

use std::{sync::Arc, thread, time::Duration};

use foreign_peers::bitcoin_node::BitcoinNode;
use interfaces::bitcoin_core::{BlockWaitOptions, Init};
use ipc::{Connected, ExceptionKind};
use serde_json::json;

use super::tools::{ask, connect, extend, is, since, start, template, tip};

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn a_node_that_is_killed_interrupts_the_waits() {
    let (mut node, _init, mining) = start();
    let (held, now) = (template(&mining), tip(&mining));
    thread::scope(|scope| {
        let next = scope.spawn(|| held.wait_next(BlockWaitOptions::default()));
        node.receives("BlockTemplate.waitNext");
        let changed = scope.spawn(|| mining.wait_tip_changed(now.hash, None));
        node.receives("Mining.waitTipChanged");
        node.kill();
        is(ExceptionKind::Interrupted, &next.join().unwrap().map(drop).unwrap_err());
        is(ExceptionKind::Interrupted, &changed.join().unwrap().unwrap_err());
    });
    is(ExceptionKind::Disconnected, &held.get_block().unwrap_err());
    is(ExceptionKind::Disconnected, &mining.get_tip().unwrap_err());
    assert!(!node.finish().success());
}

/// However it is asked to: it ends the waits, and does not wait for what we hold.
fn stops(stop: impl FnOnce(&BitcoinNode, &Arc<dyn Init>)) {
    let (node, init, mining) = start();
    let (held, now) = (template(&mining), tip(&mining));
    thread::scope(|scope| {
        let next = scope.spawn(|| held.wait_next(BlockWaitOptions::default()).map(|next| next.is_none()));
        node.receives("BlockTemplate.waitNext");
        let changed = scope.spawn(|| mining.wait_tip_changed(now.hash, None).map(|tip| tip.is_none()));
        node.receives("Mining.waitTipChanged");
        stop(&node, &init);
        for waited in [next.join().unwrap(), changed.join().unwrap()] {
            // Ended by the node, or by its end.
            waited.map_or_else(|error| is(ExceptionKind::Interrupted, &error), |nothing| assert!(nothing));
        }
    });
    assert!(node.finish().success());
    is(ExceptionKind::Disconnected, &mining.get_tip().unwrap_err());
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn a_node_that_is_terminated_ends_though_its_objects_are_held() {
    stops(|node, _| node.terminate());
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn a_node_that_is_told_to_stop_ends_though_its_objects_are_held() {
    stops(|node, init| match since("32", init.make_rpc()) {
        Some(rpc) => drop(ask(&rpc, "stop", &json!([]))),
        None => node.terminate(),
    });
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn a_connection_that_is_closed_leaves_the_node_to_others() {
    let (mut node, _init, mining) = start();
    for _ in 0..10 {
        let Connected { root, connection } = ipc::open::<dyn Init>(node.address()).unwrap();
        let other = root.make_mining().unwrap();
        let held = template(&other);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| held.wait_next(BlockWaitOptions::default()));
            held.interrupt_wait().unwrap();
            assert!(waiting.join().unwrap().unwrap().is_none());
        });
        drop((held, other, root));
        connection.close(Duration::from_secs(60)).unwrap();
    }
    extend(&mining);
    assert!(connect(&node).1.get_tip().unwrap().is_some());
    assert!(node.is_running());
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn a_client_that_leaves_in_the_middle_of_a_wait_harms_nobody() {
    let (mut node, _init, mining) = start();
    for _ in 0..10 {
        let Connected { root, connection } = ipc::open::<dyn Init>(node.address()).unwrap();
        let held = template(&root.make_mining().unwrap());
        thread::scope(|scope| {
            let waiting = scope.spawn(|| held.wait_next(BlockWaitOptions::default()));
            node.receives("BlockTemplate.waitNext");
            connection.close(Duration::ZERO).unwrap();
            is(ExceptionKind::Interrupted, &waiting.join().unwrap().map(drop).unwrap_err());
        });
    }
    // The node's waits end with the next block.
    extend(&mining);
    assert!(connect(&node).1.get_tip().unwrap().is_some());
    assert!(node.is_running());
    node.terminate();
    assert!(node.finish().success());
}
