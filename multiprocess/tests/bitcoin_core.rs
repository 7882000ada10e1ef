//! Bitcoin Core's interfaces, as the node serves them beside its own.

mod support;

use std::{
    sync::{Arc, Barrier},
    thread,
    time::Duration,
};

use bitcoin::{Amount, Block, ScriptBuf, TxOut};
use interfaces::{
    bitcoin_core::{
        BlockCheckOptions, BlockCreateOptions, BlockTemplate, BlockWaitOptions, Init, Mining, Solution, Verdict,
    },
    node,
};
use ipc::ExceptionKind;
use support::Node;

fn connect(node: &Node) -> (Arc<dyn Init>, Arc<dyn Mining>) {
    let init: Arc<dyn Init> = ipc::connect(node.address.as_str()).unwrap();
    let mining = init.make_mining().unwrap();
    (init, mining)
}

fn template(mining: &Arc<dyn Mining>) -> Arc<dyn BlockTemplate> {
    mining.create_new_block(BlockCreateOptions::default(), true).unwrap().expect("nobody interrupts")
}

/// A solution that pays everything to nobody in particular.
fn solve(template: &Arc<dyn BlockTemplate>) -> Solution {
    let (header, parts) = (template.get_block_header().unwrap(), template.get_coinbase_tx().unwrap());
    let all = TxOut { value: parts.block_reward_remaining, script_pubkey: ScriptBuf::new() };
    let coinbase = parts.transaction(b"me", vec![all]);
    let mut block = Block { header, txdata: vec![coinbase] };
    work(&mut block);
    let Block { header, mut txdata } = block;
    Solution { version: header.version, timestamp: header.time, nonce: header.nonce, coinbase: txdata.remove(0) }
}

fn work(block: &mut Block) {
    block.header.merkle_root = block.compute_merkle_root().unwrap();
    while !block.header.target().is_met_by(block.block_hash()) {
        block.header.nonce += 1;
    }
}

fn reason(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Rejected { reason, .. } => reason,
    }
}

#[test]
fn one_socket_serves_both() {
    let node = Node::start(&["--mine", "2"]);
    let (init, mining) = connect(&node);
    assert_eq!(init.make_echo().unwrap().echo("hello".into()), Ok("hello".into()));
    let ours: Arc<dyn node::Init> = ipc::connect(node.address.as_str()).unwrap();
    let tip = ours.make_chain().unwrap().tip().unwrap();
    let theirs = ours.make_mining().unwrap().get_tip().unwrap().unwrap();
    assert_eq!((theirs.height, theirs.hash), (tip.height, tip.hash));
    assert_eq!(mining.get_tip().unwrap(), Some(theirs));
    assert_eq!((mining.is_test_chain(), mining.is_initial_block_download()), (Ok(true), Ok(false)));
}

#[test]
fn a_solution_extends_the_chain() {
    let node = Node::start(&["--mine", "3"]);
    let (_init, mining) = connect(&node);
    let before = mining.get_tip().unwrap().unwrap();
    let template = template(&mining);
    assert_eq!(template.get_block_header().unwrap().prev_blockhash, before.hash);
    assert_eq!((template.get_tx_fees(), template.get_tx_sigops()), (Ok(vec![]), Ok(vec![])));
    assert_eq!(template.get_coinbase_merkle_path(), Ok(vec![]));
    let solution = solve(&template);
    assert_eq!(template.submit(solution.clone()), Ok(Verdict::Accepted));
    let after = mining.get_tip().unwrap().unwrap();
    assert_eq!(after.height, before.height + 1);
    assert_eq!(mining.wait_tip_changed(before.hash, None).unwrap(), Some(after));
    let chain = ipc::connect::<dyn node::Init>(node.address.as_str()).unwrap().make_chain().unwrap();
    assert_eq!(chain.block(after.hash).unwrap().coinbase(), Some(&solution.coinbase));
    assert_eq!(reason(&template.submit(solution).unwrap()), "duplicate");
    // It is another block on the same old tip.
    let mut late = template.get_block().unwrap();
    work(&mut late);
    assert_eq!(reason(&mining.submit_block(late.clone()).unwrap()), "inconclusive");
    let checked = mining.check_block(late, BlockCheckOptions::default()).unwrap();
    assert_eq!(reason(&checked), "inconclusive-not-best-prevblk");
}

#[test]
fn blocks_are_checked_and_taken_whole() {
    let node = Node::start(&["--mine", "20"]);
    let (_init, mining) = connect(&node);
    let mut block = template(&mining).get_block().unwrap();
    let lax = BlockCheckOptions { check_pow: false, check_merkle_root: true };
    // As Bitcoin Core's.
    assert_eq!(reason(&mining.check_block(block.clone(), lax).unwrap()), "bad-txnmrklroot");
    let laxer = BlockCheckOptions { check_merkle_root: false, ..lax };
    assert_eq!(mining.check_block(block.clone(), laxer), Ok(Verdict::Accepted));
    block.header.merkle_root = block.compute_merkle_root().unwrap();
    assert_eq!(mining.check_block(block.clone(), lax), Ok(Verdict::Accepted));
    while block.header.target().is_met_by(block.block_hash()) {
        block.header.nonce += 1;
    }
    let lazy = mining.check_block(block.clone(), BlockCheckOptions::default()).unwrap();
    assert_eq!(lazy, Verdict::Rejected { reason: "high-hash".into(), debug: "proof of work failed".into() });
    assert_eq!(mining.submit_block(block.clone()), Ok(lazy));
    work(&mut block);
    assert_eq!(mining.submit_block(block.clone()), Ok(Verdict::Accepted));
    assert_eq!(mining.get_tip().unwrap().unwrap().hash, block.block_hash());
    let again = mining.submit_block(block).unwrap();
    assert_eq!(again, Verdict::Rejected { reason: "duplicate".into(), debug: String::new() });
}

#[test]
fn waits_end_by_a_new_tip_by_time_or_by_an_interruption() {
    let node = Node::start(&[]);
    let (_init, mining) = connect(&node);
    let (first, tip) = (template(&mining), mining.get_tip().unwrap().unwrap());
    let soon = Some(Duration::from_millis(1));
    assert_eq!(mining.wait_tip_changed(tip.hash, soon).unwrap(), Some(tip));
    let options = BlockWaitOptions { timeout: soon, ..BlockWaitOptions::default() };
    assert!(first.wait_next(options).unwrap().is_none());
    // These come at any time, before the wait or in it; both end it.
    mining.interrupt().unwrap();
    assert_eq!(mining.wait_tip_changed(tip.hash, None).unwrap(), None);
    first.interrupt_wait().unwrap();
    assert!(first.wait_next(BlockWaitOptions::default()).unwrap().is_none());
    let together = Barrier::new(3);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            together.wait();
            mining.wait_tip_changed(tip.hash, None).unwrap()
        });
        let next = scope.spawn(|| {
            together.wait();
            first.wait_next(BlockWaitOptions::default()).unwrap()
        });
        together.wait();
        assert_eq!(first.submit(solve(&first)), Ok(Verdict::Accepted));
        assert_eq!(waiting.join().unwrap(), mining.get_tip().unwrap());
        let next = next.join().unwrap().expect("there is a new tip");
        assert_eq!(next.get_block_header().unwrap().prev_blockhash, mining.get_tip().unwrap().unwrap().hash);
    });
    let now = BlockWaitOptions { fee_threshold: Amount::ZERO, ..BlockWaitOptions::default() };
    let second = template(&mining);
    assert!(second.wait_next(now).unwrap().is_some());
}

/// The node tells of a request when its handler begins, and of the response when it has ended.
#[test]
fn waits_that_nobody_waits_for_end() {
    let node = Node::start(&["--debug", "ipc"]);
    let (_init, mining) = connect(&node);
    let (first, tip) = (template(&mining), mining.get_tip().unwrap().unwrap());
    let begins_and_ends = |method: &str, end: &dyn Fn()| {
        let method = format!("rpc.method=\"{method}\"");
        node.program.error_line(&[&method, "request"]);
        end();
        node.program.error_line(&[&method, "response"]);
    };
    let soon = Duration::from_millis(100);
    let given_up = ipc::deadline(soon, || first.wait_next(BlockWaitOptions::default())).map(drop);
    assert_eq!(given_up.unwrap_err().kind(), ExceptionKind::DeadlineExceeded);
    begins_and_ends("wait_next", &|| ());
    let given_up = ipc::deadline(soon, || mining.wait_tip_changed(tip.hash, None));
    assert_eq!(given_up.unwrap_err().kind(), ExceptionKind::DeadlineExceeded);
    begins_and_ends("wait_tip_changed", &|| ());
    // A client that is gone, whether it was killed or closed its socket.
    let ipc::Connected { root, connection } = ipc::open::<dyn Init>(node.address.as_str()).unwrap();
    let other = template(&root.make_mining().unwrap());
    thread::scope(|scope| {
        let waiting = scope.spawn(|| other.wait_next(BlockWaitOptions::default()).map(drop));
        begins_and_ends("wait_next", &|| connection.close(Duration::ZERO).unwrap());
        assert_eq!(waiting.join().unwrap().unwrap_err().kind(), ExceptionKind::Interrupted);
    });
    // Those who are here still are not harmed.
    assert!(first.get_block().is_ok());
}

#[test]
fn a_cooldown_lasts_until_the_chain_is_there_or_it_is_interrupted() {
    let node = Node::start_on("signet", &[]);
    let (_init, mining) = connect(&node);
    assert_eq!(mining.is_initial_block_download(), Ok(true));
    assert!(mining.create_new_block(BlockCreateOptions::default(), false).unwrap().is_some());
    mining.interrupt().unwrap();
    assert!(mining.create_new_block(BlockCreateOptions::default(), true).unwrap().is_none());
}

#[test]
fn a_node_that_stops_ends_the_waits() {
    let node = Node::start(&[]);
    let (init, mining) = connect(&node);
    let tip = mining.get_tip().unwrap().unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| mining.wait_tip_changed(tip.hash, None));
        let request = r#"{"method": "stop"}"#;
        assert!(init.make_rpc().unwrap().execute_rpc(request.into(), String::new(), "me".into()).is_ok());
        // Ended by the node; or refused, if the node had stopped serving before the call came.
        match waiting.join().unwrap() {
            Ok(tip) => assert_eq!(tip, None),
            Err(error) => assert!(
                matches!(
                    error.kind(),
                    ExceptionKind::Cancelled | ExceptionKind::Interrupted | ExceptionKind::Disconnected
                ),
                "{error}"
            ),
        }
    });
    assert!(node.program.finish().status.success());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let node = Node::start(&[]);
    let (init, mining) = connect(&node);
    for options in [
        BlockCreateOptions { block_reserved_weight: 1999, ..BlockCreateOptions::default() },
        BlockCreateOptions { block_reserved_weight: 4_000_001, ..BlockCreateOptions::default() },
        BlockCreateOptions { coinbase_output_max_additional_sigops: 80_001, ..BlockCreateOptions::default() },
    ] {
        let error = mining.create_new_block(options, false).map(drop).unwrap_err();
        assert_eq!(error.kind(), ExceptionKind::Remote);
        assert!(error.message().contains("expected"), "{error}");
    }
    #[expect(deprecated, reason = "it is refused")]
    let old = init.make_mining_old2().unwrap_err();
    assert!(old.kind() == ExceptionKind::Remote && old.message().contains("expected makeMining @3"), "{old}");
    let template = template(&mining);
    let Solution { version, timestamp, nonce, coinbase } = solve(&template);
    #[expect(deprecated, reason = "it is refused")]
    let old = template.submit_solution_old7(version, timestamp, nonce, coinbase).unwrap_err();
    assert!(old.kind() == ExceptionKind::Remote && old.message().contains("expected submitSolution @10"), "{old}");
    assert_eq!(mining.get_transactions_by_txid(vec![solve(&template).coinbase.compute_txid()]), Ok(vec![None]));
    assert_eq!(mining.get_transactions_by_witness_id(vec![]), Ok(vec![]));
}

#[test]
fn json_requests_are_answered() {
    let node = Node::start(&["--mine", "5"]);
    let (init, mining) = connect(&node);
    let rpc = init.make_rpc().unwrap();
    let ask = |request: &str| {
        let response = rpc.execute_rpc(request.into(), "/".into(), "me".into()).unwrap();
        serde_json::from_str::<serde_json::Value>(&response).unwrap()
    };
    let tip = mining.get_tip().unwrap().unwrap().hash.to_string();
    assert_eq!(ask(r#"{"id": "a", "method": "getblockcount", "params": []}"#)["result"], 5);
    assert_eq!(ask(r#"{"id": "a", "method": "getbestblockhash"}"#)["result"], tip);
    assert_eq!(ask(r#"{"id": "a", "method": "getblockhash", "params": [5]}"#)["result"], tip);
    assert_eq!(ask(r#"{"id": 7, "method": "getblockchaininfo"}"#)["result"]["chain"], "regtest");
    assert!(ask(r#"{"method": "uptime"}"#)["result"].is_u64());
    let high = ask(r#"{"id": 7, "method": "getblockhash", "params": {"height": 6}}"#);
    assert_eq!((&high["id"], &high["error"]["code"]), (&7.into(), &(-8).into()));
    assert_eq!(ask(r#"{"method": "getmoney"}"#)["error"]["code"], -32601);
    // As Bitcoin Core has it, these are no exceptions.
    for (text, code) in
        [("invalid json", -32700), ("[]", -32700), ("{}", -32600), (r#"{"id": 1, "method": 2}"#, -32600)]
    {
        assert_eq!(ask(text)["error"]["code"], code, "{text}");
    }
}
