//! Callbacks from the node into the wallet's process.

mod support;

use rustix::process::Signal;
use support::{Node, Program, number_after, run, send};

#[test]
fn a_spawned_node_calls_back_into_its_parent() {
    let wallet = Program::start(&["wallet", "--network", "regtest", "--mine-every", "0.01", "follow", "--count", "3"]);
    let line = wallet.error_line(&["following"]);
    let (node, own) = (number_after(&line, "with pid"), number_after(&line, "from pid"));
    assert_eq!(own, wallet.pid());
    assert_ne!(node, own);
    let done = wallet.finish();
    assert!(done.status.success(), "{:?}", done.err);
    let heights: Vec<u32> = done.out.iter().map(|line| line.split_once(' ').unwrap().0.parse().unwrap()).collect();
    assert_eq!(heights.len(), 3);
    assert!(heights.windows(2).all(|pair| pair[1] == pair[0] + 1), "{heights:?}");
}

#[test]
fn every_wallet_is_told_of_the_blocks_that_another_asks_for() {
    let node = Node::start(&[]);
    let wallets = [0; 3].map(|_| Program::start(&node.wallet(&["follow", "--count", "2"])));
    for wallet in &wallets {
        let line = wallet.error_line(&["following"]);
        assert_eq!(number_after(&line, "with pid"), node.program.pid());
        assert_ne!(wallet.pid(), node.program.pid());
    }
    let mined = run(&node.wallet(&["generate", "2"])).out;
    for wallet in wallets {
        let done = wallet.finish();
        assert!(done.status.success(), "{:?}", done.err);
        assert_eq!(done.out, [format!("1 {}", mined[0]), format!("2 {}", mined[1])]);
    }
}

#[test]
fn a_wallet_that_is_gone_harms_nobody() {
    let node = Node::start(&[]);
    let killed = Program::start(&node.wallet(&["follow"]));
    let other = Program::start(&node.wallet(&["follow", "--count", "1"]));
    killed.error_line(&["following"]);
    other.error_line(&["following"]);
    killed.signal(Signal::KILL);
    killed.finish();
    assert_eq!(run(&node.wallet(&["generate", "1"])).out.len(), 1);
    assert!(other.finish().status.success());
}

#[test]
fn ctrl_c_ends_it_in_order() {
    let wallet = Program::start(&["wallet", "--network", "regtest", "follow"]);
    let node = number_after(&wallet.error_line(&["following"]), "with pid");
    // A terminal sends it to both.
    send(node, Signal::INT);
    wallet.signal(Signal::INT);
    let done = wallet.finish();
    assert!(done.status.success());
    assert_eq!(done.err, [""; 0]);
}
