//! What happens when one of the processes dies.

mod support;

use rustix::process::Signal;
use support::{Program, number_after, send};

#[test]
fn the_wallet_names_the_signal_that_killed_its_node() {
    let wallet = Program::start(&["wallet", "--network", "regtest", "follow"]);
    let node = number_after(&wallet.error_line(&["following"]), "with pid");
    send(node, Signal::KILL);
    let done = wallet.finish();
    assert_eq!(done.status.code(), Some(1));
    let error = done.err.last().unwrap();
    assert!(error.starts_with("error: "), "{error}");
    assert!(error.contains(&format!("(pid {node}) was killed by signal 9")), "{error}");
}

#[test]
fn a_call_in_flight_is_interrupted_and_says_how_the_node_ended() {
    let wallet = Program::start(&["wallet", "--network", "regtest", "--debug", "ipc", "generate", "100000"]);
    let line = wallet.error_line(&["node[", "rpc.method=\"generate\"", "request"]);
    let node = number_after(&line, "node[");
    send(node, Signal::KILL);
    let done = wallet.finish();
    assert_eq!(done.status.code(), Some(1));
    assert_eq!(done.out, [""; 0]);
    let error = done.err.iter().find(|line| line.starts_with("error: ")).unwrap();
    assert!(error.contains("Interrupted: Node.generate: "), "{error}");
    assert!(error.contains(&format!("(pid {node}) was killed by signal 9")), "{error}");
}

/// The node has the wallet's standard error too: it ends when both have.
#[test]
fn a_spawned_node_ends_with_its_parent() {
    for signal in [Signal::KILL, Signal::TERM] {
        let wallet = Program::start(&["wallet", "--network", "regtest", "--mine-every", "0.01", "follow"]);
        wallet.error_line(&["following"]);
        wallet.line();
        wallet.signal(signal);
        wallet.finish();
    }
}

#[test]
fn a_spawned_node_that_is_asked_to_stop_does() {
    let wallet = Program::start(&["wallet", "follow"]);
    let node = number_after(&wallet.error_line(&["following"]), "with pid");
    send(node, Signal::TERM);
    let done = wallet.finish();
    assert_eq!(done.status.code(), Some(1));
    let error = done.err.last().unwrap();
    assert!(error.contains("exited with status 0"), "{error}");
}
