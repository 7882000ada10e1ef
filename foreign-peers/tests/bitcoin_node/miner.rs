//! `multiprocess mine` mines for it.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use foreign_peers::{
    bitcoin_node::{BLOCKS, BitcoinNode},
    node::program,
};
use rustix::process::{Pid, Signal, kill_process};

use super::tools::{connect, extend, tip};

fn miner(node: &BitcoinNode, args: &[&str]) -> Child {
    Command::new(program())
        .args(["mine", "--ipcconnect", &node.address()])
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn the_miner_extends_its_chain() {
    let node = BitcoinNode::start();
    let (_init, mining) = connect(&node);
    let done = miner(&node, &["--count", "20"]).wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let printed = String::from_utf8(done.stdout).unwrap();
    let now = tip(&mining);
    assert_eq!(printed.lines().count(), 20);
    assert_eq!(printed.lines().last(), Some(format!("{} {}", now.height, now.hash).as_str()));
    assert_eq!(now.height, BLOCKS + 20);
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn miners_that_share_a_node_print_their_own_blocks() {
    let node = BitcoinNode::start();
    let (_init, mining) = connect(&node);
    let miners = [0; 3].map(|_| miner(&node, &["--count", "20"]));
    let mut printed = BTreeSet::new();
    for miner in miners {
        let done = miner.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        printed.extend(String::from_utf8(done.stdout).unwrap().lines().map(str::to_owned));
    }
    assert_eq!(printed.len(), 60);
    let now = tip(&mining);
    assert!(printed.contains(&format!("{} {}", now.height, now.hash)));
    // Some may have been found at the same time, and one of them is on no chain then.
    assert!((BLOCKS + 20..=BLOCKS + 60).contains(&now.height), "{}", now.height);
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn ctrl_c_ends_the_miner_cleanly_and_leaves_the_node_well() {
    let mut node = BitcoinNode::start();
    let (_init, mining) = connect(&node);
    for signal in [Signal::INT, Signal::TERM, Signal::INT] {
        let mut miner = miner(&node, &[]);
        let mut line = String::new();
        BufReader::new(miner.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        kill_process(Pid::from_child(&miner), signal).unwrap();
        let done = miner.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(String::from_utf8_lossy(&done.stderr), "");
        extend(&mining);
    }
    assert!(node.is_running());
    node.terminate();
    assert!(node.finish().success());
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn a_node_that_goes_ends_the_miner_with_an_error() {
    let mut node = BitcoinNode::start();
    let mut miner = miner(&node, &[]);
    let mut line = String::new();
    BufReader::new(miner.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    node.kill();
    let done = miner.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    let told = String::from_utf8(done.stderr).unwrap();
    let last = told.lines().last().unwrap();
    assert!(last.contains("Interrupted") || last.contains("Disconnected"), "{last}");
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn a_miner_that_is_killed_leaves_the_node_to_others() {
    let mut node = BitcoinNode::start();
    let (_init, mining) = connect(&node);
    for _ in 0..10 {
        let mut miner = miner(&node, &[]);
        let mut line = String::new();
        BufReader::new(miner.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        miner.kill().unwrap();
        miner.wait().unwrap();
        extend(&mining);
    }
    assert!(node.is_running());
    node.terminate();
    assert!(node.finish().success());
}
