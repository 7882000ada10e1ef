//! Making the next block of a regtest chain.

use bitcoin::{
    Amount, Block, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode, TxOut, Witness, absolute,
    block::{Header, Version},
    hashes::Hash,
    opcodes::OP_TRUE,
    script::Builder,
    transaction,
};
use interfaces::node::BlockInfo;

/// How many blocks pay the same subsidy on regtest.
const HALVING_INTERVAL: u32 = 150;

/// The seconds between two blocks, as long as the chain is behind the clock.
const SPACING: u32 = 600;

/// Mines the block after `tip`.
///
/// Blocks follow each other by ten minutes, which keeps the chain the same from run to run, until that would pass `now`
/// (seconds since 1970); each is later than `median`, the median time of the eleven before it, as consensus demands.
pub(super) fn next(tip: &BlockInfo, median: u32, now: u32) -> Block {
    let time = tip.header.time.saturating_add(SPACING).min(now).max(median + 1);
    let header = Header {
        version: Version::NO_SOFT_FORK_SIGNALLING,
        prev_blockhash: tip.hash,
        merkle_root: TxMerkleNode::all_zeros(),
        time,
        bits: tip.header.bits,
        nonce: 0,
    };
    let mut block = Block { header, txdata: vec![coinbase(tip.height + 1)] };
    block.header.merkle_root = block.compute_merkle_root().unwrap_or_else(TxMerkleNode::all_zeros);
    let target = block.header.target();
    // Every second hash will do.
    while !target.is_met_by(block.header.block_hash()) {
        block.header.nonce = block.header.nonce.wrapping_add(1);
    }
    block
}

/// What the coinbase's script begins with: the block's height (BIP 34).
pub(super) fn height_script(height: u32) -> Builder {
    Builder::new().push_int(height.into())
}

/// Anybody can spend it: there is no wallet to pay to.
fn coinbase(height: u32) -> Transaction {
    let subsidy = Amount::from_int_btc(50).to_sat().checked_shr(height / HALVING_INTERVAL).unwrap_or(0);
    Transaction {
        version: transaction::Version::ONE,
        lock_time: absolute::LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::null(),
            // A script of a single byte would be too short.
            script_sig: height_script(height).push_int(0).into_script(),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        }],
        output: vec![TxOut { value: Amount::from_sat(subsidy), script_pubkey: anybody() }],
    }
}

fn anybody() -> ScriptBuf {
    Builder::new().push_opcode(OP_TRUE).into_script()
}
