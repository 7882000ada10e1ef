//! What the tests at a real node share.

use std::{sync::Arc, time::Duration};

use bitcoin::{Address, Block, BlockHash, Network, TxMerkleNode, TxOut, hashes::Hash};
use foreign_peers::bitcoin_node::{
    BitcoinNode,
    blocks::{anybody, key},
};
use interfaces::bitcoin_core::{BlockCreateOptions, BlockRef, BlockTemplate, Init, Mining, Rpc, Solution, Verdict};
use ipc::{Exception, ExceptionKind};
use serde_json::{Value, json};

/// Long enough for a wait that is to end by itself.
pub const SOON: Duration = Duration::from_millis(50);

/// A client of it.
pub fn connect(node: &BitcoinNode) -> (Arc<dyn Init>, Arc<dyn Mining>) {
    let init: Arc<dyn Init> = ipc::connect(node.address()).unwrap();
    let mining = init.make_mining().unwrap();
    (init, mining)
}

/// A node and a client of it.
pub fn start() -> (BitcoinNode, Arc<dyn Init>, Arc<dyn Mining>) {
    let node = BitcoinNode::start();
    let (init, mining) = connect(&node);
    (node, init, mining)
}

pub fn template(mining: &Arc<dyn Mining>) -> Arc<dyn BlockTemplate> {
    mining.create_new_block(BlockCreateOptions::default(), false).unwrap().expect("nobody interrupts")
}

pub fn tip(mining: &Arc<dyn Mining>) -> BlockRef {
    mining.get_tip().unwrap().expect("there is a genesis block")
}

/// Mines a block, and gives its hash.
pub fn extend(mining: &Arc<dyn Mining>) -> BlockHash {
    let template = template(mining);
    let (solution, hash) = solve(&*template);
    assert_eq!(template.submit(solution).unwrap(), Verdict::Accepted);
    assert_eq!(tip(mining).hash, hash);
    hash
}

/// What completes a template, and the hash of the block then. It pays to [`anybody`].
pub fn solve(template: &dyn BlockTemplate) -> (Solution, BlockHash) {
    completed(template, true)
}

/// The same, or with a nonce that does not do.
pub fn completed(template: &dyn BlockTemplate, met: bool) -> (Solution, BlockHash) {
    let (mut header, parts) = (template.get_block_header().unwrap(), template.get_coinbase_tx().unwrap());
    let all = TxOut { value: parts.block_reward_remaining, script_pubkey: anybody() };
    let coinbase = parts.transaction(b"\x04test", vec![all]);
    let leaf = TxMerkleNode::from_raw_hash(coinbase.compute_txid().to_raw_hash());
    header.merkle_root = template
        .get_coinbase_merkle_path()
        .unwrap()
        .iter()
        .fold(leaf, |left, right| TxMerkleNode::hash(&[left.to_byte_array(), right.to_byte_array()].concat()));
    let header = worked(Block { header, txdata: Vec::new() }, met).header;
    let (version, timestamp, nonce) = (header.version, header.time, header.nonce);
    (Solution { version, timestamp, nonce, coinbase }, header.block_hash())
}

/// A template's block with its root.
pub fn whole(template: &dyn BlockTemplate) -> Block {
    let mut block = template.get_block().unwrap();
    block.header.merkle_root = block.compute_merkle_root().expect("it has a coinbase");
    block
}

/// Looks for a nonce that meets the target, or for one that does not.
pub fn worked(mut block: Block, met: bool) -> Block {
    while block.header.target().is_met_by(block.block_hash()) != met {
        block.header.nonce += 1;
    }
    block
}

/// [`anybody`] as an address.
pub fn address_of_anybody() -> String {
    Address::p2wsh(&key(), Network::Regtest).to_string()
}

/// Asks the node for a command's result.
pub fn ask(rpc: &Arc<dyn Rpc>, method: &str, params: &Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": "test", "method": method, "params": params });
    let response = rpc.execute_rpc(request.to_string(), "/".into(), "test".into()).unwrap();
    let mut response: Value = serde_json::from_str(&response).unwrap();
    assert!(response.get("error").is_none_or(Value::is_null), "{method}: {response}");
    response["result"].take()
}

#[track_caller]
pub fn is(kind: ExceptionKind, error: &Exception) {
    assert_eq!(error.kind(), kind, "{error}");
}

/// The result, unless this version of the node does not have the method: the exception has to say which one does.
#[track_caller]
pub fn since<T>(version: &str, outcome: ipc::Result<T>) -> Option<T> {
    match outcome {
        Ok(value) => Some(value),
        Err(error) => {
            is(ExceptionKind::Unimplemented, &error);
            assert!(error.message().contains(&format!("version {version} of the peer's program")), "{error}");
            eprintln!("this bitcoin-node has no {}: {error}", error.method().unwrap_or("such method"));
            None
        }
    }
}
