//! The miner.

mod support;

use rustix::process::Signal;
use support::{Node, Program, run};

fn miner<'a>(node: &'a Node, args: &[&'a str]) -> Vec<&'a str> {
    [&["mine", "--ipcconnect", &node.address], args].concat()
}

#[test]
fn blocks_are_found_and_taken() {
    let node = Node::start(&["--mine", "2"]);
    let done = run(&miner(&node, &["--count", "5"]));
    assert!(done.status.success(), "{:?}", done.err);
    let scanned = run(&node.wallet(&["scan", "3"])).out;
    assert_eq!(done.out, scanned);
    assert_eq!(done.out.len(), 5);
}

#[test]
fn miners_share_a_node() {
    let node = Node::start(&[]);
    let miners = [0; 3].map(|_| Program::start(&miner(&node, &["--count", "20"])));
    for miner in miners {
        let done = miner.finish();
        assert!(done.status.success(), "{:?}", done.err);
        assert_eq!(done.out.len(), 20);
    }
    // Each block that was taken is in the one chain.
    assert!(run(&node.wallet(&["tip"])).out[0].starts_with("60 "));
}

#[test]
fn ctrl_c_ends_it_cleanly_and_leaves_the_node_well() {
    for signal in [Signal::INT, Signal::TERM] {
        let node = Node::start(&[]);
        let miner = Program::start(&miner(&node, &[]));
        miner.line();
        miner.signal(signal);
        let done = miner.finish();
        assert!(done.status.success(), "{:?}", done.err);
        assert_eq!(done.err, [""; 0]);
        // Nobody waits any more, so that nothing has to be abandoned.
        node.program.signal(Signal::TERM);
        let node = node.program.finish();
        assert!(node.status.success());
        assert_eq!(node.err, [""; 0]);
    }
}

#[test]
fn a_node_that_goes_ends_it_with_an_error() {
    let node = Node::start(&[]);
    let miner = Program::start(&miner(&node, &[]));
    miner.line();
    node.program.signal(Signal::KILL);
    let done = miner.finish();
    assert_eq!(done.status.code(), Some(1));
    let last = done.err.last().unwrap();
    assert!(last.contains("Interrupted") || last.contains("Disconnected"), "{last}");
}

#[test]
fn mainnet_is_refused() {
    let node = Node::start_on("mainnet", &[]);
    let done = run(&miner(&node, &[]));
    assert_eq!(done.status.code(), Some(1));
    assert!(done.err[0].contains("expected regtest"), "{:?}", done.err);
}
