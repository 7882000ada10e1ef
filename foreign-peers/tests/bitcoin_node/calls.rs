//! Every method that waits for nothing.

use std::{sync::Arc, thread};

use bitcoin::{Amount, Network, TxMerkleNode, Txid, Wtxid, constants::genesis_block, hashes::Hash};
use foreign_peers::bitcoin_node::{BLOCKS, BitcoinNode};
use interfaces::bitcoin_core::{BlockCheckOptions, BlockCreateOptions, BlockRef, BlockTemplate, Solution, Verdict};
use ipc::ExceptionKind;
use serde_json::json;

use super::tools::{
    address_of_anybody, ask, completed, connect, is, since, solve, start, template, tip, whole, worked,
};

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn texts_are_echoed() {
    let node = BitcoinNode::start();
    let echo = connect(&node).0.make_echo().unwrap();
    for text in ["", "hello", "Żółć 🦀", &"x".repeat(1 << 20)] {
        assert_eq!(echo.echo(text.into()).as_deref(), Ok(text));
    }
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn a_new_node_has_the_first_block_and_looks_for_more() {
    let node = BitcoinNode::start_empty();
    let (init, mining) = connect(&node);
    assert_eq!(tip(&mining), BlockRef { hash: genesis_block(Network::Regtest).block_hash(), height: 0 });
    assert_eq!((mining.is_test_chain(), mining.is_initial_block_download()), (Ok(true), Ok(true)));
    let (_other, _, mining) = start();
    assert_eq!(tip(&mining).height, BLOCKS);
    assert_eq!(mining.is_initial_block_download(), Ok(false));
    #[expect(deprecated, reason = "it is refused")]
    let old = init.make_mining_old2().unwrap_err();
    is(ExceptionKind::Remote, &old);
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn a_template_is_of_one_piece() {
    let (_node, _init, mining) = start();
    let template = template(&mining);
    let (header, block) = (template.get_block_header().unwrap(), template.get_block().unwrap());
    assert_eq!(header.prev_blockhash, tip(&mining).hash);
    assert_eq!((block.header, block.txdata.len()), (header, 1));
    assert_eq!((header.merkle_root, header.nonce), (TxMerkleNode::all_zeros(), 0));
    assert_eq!((template.get_tx_fees(), template.get_tx_sigops()), (Ok(vec![]), Ok(vec![])));
    assert_eq!(template.get_coinbase_merkle_path(), Ok(vec![]));
    let parts = template.get_coinbase_tx().unwrap();
    let dummy = &block.txdata[0];
    assert_eq!((parts.version, parts.lock_time), (dummy.version, dummy.lock_time));
    assert_eq!(parts.sequence, dummy.input[0].sequence);
    assert!(dummy.input[0].script_sig.as_bytes().starts_with(parts.script_sig_prefix.as_bytes()));
    assert_eq!(parts.block_reward_remaining, Amount::from_int_btc(50));
    assert!(parts.required_outputs.iter().all(|output| dummy.output.contains(output)));
    assert_eq!(parts.witness.map(Vec::from), dummy.input[0].witness.iter().next().map(<[u8]>::to_vec));
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn solutions_extend_the_chain() {
    let (_node, _init, mining) = start();
    for height in BLOCKS + 1..=BLOCKS + 20 {
        let template = template(&mining);
        let (solution, hash) = solve(&*template);
        assert_eq!(template.submit(solution), Ok(Verdict::Accepted), "{height}");
        assert_eq!(tip(&mining), BlockRef { hash, height });
    }
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn a_solution_that_is_none_is_not_taken() {
    let (_node, _init, mining) = start();
    let before = tip(&mining);
    let template = template(&mining);
    let (solution, _) = completed(&*template, false);
    let verdict = template.submit(solution).unwrap();
    assert!(!verdict.is_accepted(), "{verdict}");
    assert_eq!(tip(&mining), before);
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn either_form_of_a_solution_is_there() {
    let (_node, _init, mining) = start();
    let first = template(&mining);
    let (Solution { version, timestamp, nonce, coinbase }, _) = solve(&*first);
    let Some(verdict) = since("32", first.submit_solution(version, timestamp, nonce, coinbase.clone())) else {
        #[expect(deprecated, reason = "this node has it")]
        let accepted = first.submit_solution_old7(version, timestamp, nonce, coinbase);
        return assert_eq!(accepted, Ok(true));
    };
    assert_eq!(verdict, Verdict::Accepted);
    #[expect(deprecated, reason = "it is refused")]
    let old = first.submit_solution_old7(version, timestamp, nonce, coinbase);
    is(ExceptionKind::Remote, &old.unwrap_err());
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn blocks_are_checked() {
    let (_node, _init, mining) = start();
    let block = whole(&*template(&mining));
    let lax = BlockCheckOptions { check_pow: false, ..BlockCheckOptions::default() };
    assert_eq!(mining.check_block(block.clone(), lax), Ok(Verdict::Accepted));
    let told = |verdict| match verdict {
        Verdict::Rejected { reason, debug } => (reason, debug),
        Verdict::Accepted => panic!("it is rejected"),
    };
    let lazy = mining.check_block(worked(block.clone(), false), BlockCheckOptions::default()).unwrap();
    assert_eq!(told(lazy), ("high-hash".into(), "proof of work failed".into()));
    assert_eq!(mining.check_block(worked(block.clone(), true), BlockCheckOptions::default()), Ok(Verdict::Accepted));
    let mut torn = block;
    torn.header.merkle_root = TxMerkleNode::all_zeros();
    assert_eq!(told(mining.check_block(torn.clone(), lax).unwrap()).0, "bad-txnmrklroot");
    let laxer = BlockCheckOptions { check_merkle_root: false, ..lax };
    assert_eq!(mining.check_block(torn, laxer), Ok(Verdict::Accepted));
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn whole_blocks_are_taken_once() {
    let (_node, _init, mining) = start();
    let block = worked(whole(&*template(&mining)), true);
    let Some(verdict) = since("32", mining.submit_block(block.clone())) else { return };
    assert_eq!(verdict, Verdict::Accepted);
    assert_eq!(tip(&mining).hash, block.block_hash());
    let again = mining.submit_block(block).unwrap();
    assert_eq!(again, Verdict::Rejected { reason: "duplicate".into(), debug: String::new() });
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn transactions_that_are_not_there_are_none() {
    let (_node, _init, mining) = start();
    let ids = mining.get_transactions_by_txid(vec![Txid::all_zeros()]);
    since("32", ids).into_iter().for_each(|found| assert_eq!(found, [None]));
    let ids = mining.get_transactions_by_witness_id(vec![Wtxid::all_zeros(); 2]);
    since("32", ids).into_iter().for_each(|found| assert_eq!(found, [None, None]));
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn commands_are_answered() {
    let (_node, init, mining) = start();
    let Some(rpc) = since("32", init.make_rpc()) else { return };
    assert_eq!(ask(&rpc, "getblockcount", &json!([])), BLOCKS);
    let made = ask(&rpc, "generatetoaddress", &json!([2, address_of_anybody()]));
    assert_eq!(made[1], tip(&mining).hash.to_string());
    let failed = rpc.execute_rpc(r#"{"id": 1, "method": "getmoney"}"#.into(), "/".into(), "test".into()).unwrap();
    assert!(failed.contains("-32601"), "{failed}");
    let failed = rpc.execute_rpc("no json".into(), "/".into(), "test".into()).unwrap();
    assert!(failed.contains("-32700"), "{failed}");
    assert_eq!(ask(&rpc, "getblockcount", &json!([])), BLOCKS + 2);
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn options_that_no_block_can_follow_harm_nobody() {
    let (_node, _init, mining) = start();
    let options = BlockCreateOptions { block_reserved_weight: 5_000_000, ..BlockCreateOptions::default() };
    // Refused, or, before Bitcoin Core 32, taken for what can be.
    match mining.create_new_block(options, false) {
        Ok(template) => assert!(template.expect("nobody interrupts").get_block().is_ok()),
        Err(error) => is(ExceptionKind::Remote, &error),
    }
    assert!(mining.get_tip().is_ok());
}

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn many_threads_share_a_connection() {
    let (mut node, _init, mining) = start();
    let shared = template(&mining);
    let follows = |template: &Arc<dyn BlockTemplate>| template.get_block().unwrap().header.prev_blockhash;
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..25 {
                    let own = template(&mining);
                    assert_eq!(follows(&own), follows(&shared));
                    assert_eq!(own.get_coinbase_tx().unwrap(), shared.get_coinbase_tx().unwrap());
                }
            });
        }
    });
    // Threads that come and go, with objects that they did not make.
    for _ in 0..50 {
        thread::scope(|scope| scope.spawn(|| follows(&shared)).join().unwrap());
    }
    assert!(node.is_running());
}
