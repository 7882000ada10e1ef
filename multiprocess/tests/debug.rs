//! `--debug ipc`: what crosses between the processes.

mod support;

use support::{Node, Program, run};

#[test]
fn requests_and_responses_show_interface_method_thread_and_peer() {
    let done = run(&["wallet", "hash", "0", "--debug", "ipc"]);
    for (role, kind) in [("wallet[", "client"), ("node[", "server")] {
        for event in ["request", "response"] {
            let kind = format!("otel.kind=\"{kind}\"");
            let call = ["rpc.service=\"Chain\"", "rpc.method=\"block_hash\"", "thread=\"main\"", "peer=", "pid "];
            let texts = [&[role, &kind, event], &call[..]].concat();
            let found = done.err.iter().any(|line| texts.iter().all(|text| line.contains(text)));
            assert!(found, "no line with {texts:?} in {:#?}", done.err);
        }
    }
    // The peer of each is the other.
    let pid = |role: &str| {
        let line = done.err.iter().find(|line| line.contains(&format!(" {role}["))).unwrap();
        support::number_after(line, &format!(" {role}["))
    };
    let line = |role: &str| done.err.iter().find(|line| line.contains(&format!(" {role}[")) && line.contains("peer="));
    assert!(line("wallet").unwrap().contains(&format!("pid {}", pid("node"))));
    assert!(line("node").unwrap().contains(&format!("pid {}", pid("wallet"))));
}

#[test]
fn a_typed_error_is_a_response_too() {
    let done = run(&["wallet", "hash", "1", "--debug", "ipc"]);
    let response = |line: &&String| line.contains("rpc.method=\"block_hash\"") && line.contains("response");
    assert_eq!(done.err.iter().filter(response).count(), 2, "{:#?}", done.err);
}

#[test]
fn a_node_shows_who_called_and_on_which_thread() {
    let node = Node::start(&["--debug", "ipc"]);
    let wallet = Program::start(&node.wallet(&["tip"]));
    let peer = format!("pid {}", wallet.pid());
    node.program.error_line(&["rpc.method=\"tip\"", "thread=\"main\"", &peer, "response"]);
    // The wallet was not asked to.
    assert_eq!(wallet.finish().err, [""; 0]);
}
