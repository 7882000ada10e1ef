//! A node that listens.

mod support;

use rustix::process::Signal;
use support::{Node, Program, run};

#[test]
fn wallets_connect_to_the_default_socket() {
    let node = Node::start(&[]);
    assert_eq!(node.address, format!("capnp+unix:{}", node.socket().display()));
    let datadir = node.dir().to_str().unwrap();
    let done = run(&["wallet", "--ipcconnect", "unix", "--datadir", datadir, "generate", "2"]);
    assert_eq!(done.out.len(), 2, "{:?}", done.err);
    // It is the same chain for everybody.
    assert_eq!(run(&node.wallet(&["tip"])).out, [format!("2 {}", done.out[1])]);
}

#[test]
fn a_reply_may_be_long() {
    let node = Node::start(&[]);
    let mined = run(&node.wallet(&["generate", "1000"])).out;
    let scanned = run(&node.wallet(&["scan", "1"])).out;
    assert_eq!(mined.len(), 1000);
    assert!(scanned.iter().zip(&mined).all(|(line, hash)| line.ends_with(hash)));
    assert_eq!(scanned.len(), 1000);
}

#[test]
fn it_listens_at_several_addresses() {
    let node = Node::start(&["--mine", "1", "--ipcbind", "unix:other.sock", "--ipcbind", "tcp:127.0.0.1:0"]);
    assert_eq!(node.address, format!("capnp+unix:{}/other.sock", node.dir().display()));
    let second = node.program.line();
    let tcp = second.strip_prefix("listening at ").unwrap();
    assert!(tcp.starts_with("capnp+tcp:127.0.0.1:"));
    let tips = [run(&node.wallet(&["tip"])), run(&["wallet", "--ipcconnect", tcp, "tip"])];
    assert!(tips[0].out[0].starts_with("1 "));
    assert_eq!(tips[0].out, tips[1].out);
}

#[test]
fn a_signal_closes_it_and_leaves_no_socket() {
    for signal in [Signal::TERM, Signal::INT] {
        let node = Node::start(&[]);
        let wallet = Program::start(&node.wallet(&["follow"]));
        wallet.error_line(&["following"]);
        node.program.signal(signal);
        let lost = wallet.finish();
        assert_eq!(lost.status.code(), Some(1));
        assert!(lost.err.last().unwrap().starts_with("error: Disconnected: "), "{:?}", lost.err);
        let Node { program, dir, .. } = node;
        assert!(program.finish().status.success());
        assert_eq!(dir.path().read_dir().unwrap().count(), 0);
    }
}

#[test]
fn a_network_that_is_not_the_nodes_is_an_error() {
    let node = Node::start(&[]);
    let done = run(&node.wallet(&["--network", "mainnet", "tip"]));
    assert_eq!(done.status.code(), Some(1));
    assert!(done.err[0].ends_with("is on regtest: expected mainnet"), "{:?}", done.err);
    assert!(run(&node.wallet(&["--network", "regtest", "tip"])).status.success());
}

#[test]
fn nobody_there_is_an_error_that_says_where() {
    let done = run(&["wallet", "--ipcconnect", "unix:/no/such/node.sock", "tip"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(done.err[0].contains("nobody listens at unix:/no/such/node.sock"), "{:?}", done.err);
}

#[test]
fn a_second_node_does_not_take_the_socket() {
    let node = Node::start(&[]);
    let second = run(&["node", "--network", "regtest", "--datadir", node.dir().to_str().unwrap()]);
    assert_eq!(second.status.code(), Some(1));
    assert!(second.err[0].contains("another listens there"), "{:?}", second.err);
    assert!(run(&node.wallet(&["tip"])).status.success());
}

#[test]
fn a_descriptor_that_was_not_inherited_is_an_error() {
    let done = run(&["-ipcfd", "99"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(done.err[0].contains("-ipcfd") && done.err[0].contains("was not inherited"), "{:?}", done.err);
}
