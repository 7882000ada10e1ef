//! Calls that wait: they end by a change, by time, by an interruption or by a deadline.

use std::{thread, time::Duration};

use bitcoin::{Amount, BlockHash, hashes::Hash};
use foreign_peers::bitcoin_node::BitcoinNode;
use interfaces::bitcoin_core::{BlockCreateOptions, BlockWaitOptions};
use ipc::ExceptionKind;

use super::tools::{SOON, connect, extend, is, start, template, tip};

/// How long what ends by itself may take on a busy machine, before a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn a_wait_for_the_tip_ends_by_a_block_by_time_or_by_an_interruption() {
    let (node, _init, mining) = start();
    let before = tip(&mining);
    assert_eq!(mining.wait_tip_changed(BlockHash::all_zeros(), None), Ok(Some(before)));
    let waited = ipc::deadline(PATIENCE, || mining.wait_tip_changed(before.hash, Some(SOON)));
    assert_eq!(waited, Ok(Some(before)));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| mining.wait_tip_changed(before.hash, None).unwrap());
        node.receives("Mining.waitTipChanged");
        extend(&mining);
        assert_eq!(waiting.join().unwrap(), Some(tip(&mining)));
    });
    let now = tip(&mining);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| mining.wait_tip_changed(now.hash, None).unwrap());
        // Before the wait or in it.
        mining.interrupt().unwrap();
        assert_eq!(waiting.join().unwrap(), None);
    });
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn a_wait_for_a_template_ends_by_a_block_by_time_or_by_an_interruption() {
    let (node, _init, mining) = start();
    let first = template(&mining);
    let brief = BlockWaitOptions { timeout: Some(SOON), ..BlockWaitOptions::default() };
    assert!(ipc::deadline(PATIENCE, || first.wait_next(brief)).unwrap().is_none());
    thread::scope(|scope| {
        let waiting = scope.spawn(|| first.wait_next(BlockWaitOptions::default()).unwrap());
        node.receives("BlockTemplate.waitNext");
        let hash = extend(&mining);
        let next = waiting.join().unwrap().expect("there is a new tip");
        assert_eq!(next.get_block_header().unwrap().prev_blockhash, hash);
    });
    let second = template(&mining);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| second.wait_next(BlockWaitOptions::default()).unwrap());
        second.interrupt_wait().unwrap();
        assert!(waiting.join().unwrap().is_none());
    });
    // The fees have risen by nothing at all.
    let any = BlockWaitOptions { fee_threshold: Amount::ZERO, ..BlockWaitOptions::default() };
    assert!(second.wait_next(any).unwrap().is_some());
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn a_cooldown_is_interrupted() {
    let node = BitcoinNode::start_empty();
    let (_init, mining) = connect(&node);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| mining.create_new_block(BlockCreateOptions::default(), true).unwrap());
        node.receives("Mining.createNewBlock");
        mining.interrupt().unwrap();
        assert!(waiting.join().unwrap().is_none());
    });
    assert_eq!(tip(&mining).height, 0);
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn deadlines_end_waits_and_the_thread_goes_on_calling() {
    let (mut node, _init, mining) = start();
    let (first, now) = (template(&mining), tip(&mining));
    for _ in 0..3 {
        let waited = ipc::deadline(SOON, || first.wait_next(BlockWaitOptions::default()));
        is(ExceptionKind::DeadlineExceeded, &waited.map(drop).unwrap_err());
        let waited = ipc::deadline(SOON, || mining.wait_tip_changed(now.hash, None));
        is(ExceptionKind::DeadlineExceeded, &waited.unwrap_err());
        assert_eq!(tip(&mining), now);
        assert!(first.get_block().is_ok());
    }
    // Those that were given up still wait in the node; they end with the block, and nobody is harmed.
    extend(&mining);
    let after = ipc::deadline(PATIENCE, || first.wait_next(BlockWaitOptions::default()));
    assert!(after.unwrap().is_some());
    drop(first);
    assert!(template(&mining).get_block().is_ok());
    assert!(node.is_running());
}
