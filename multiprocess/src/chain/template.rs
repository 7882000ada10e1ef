//! The next block, but for its coinbase and the work.

use bitcoin::{
    Amount, Block, Network, ScriptBuf, Sequence, Transaction, TxMerkleNode, TxOut, WitnessMerkleNode, absolute,
    block::{Header, Version},
    hashes::Hash,
    opcodes::OP_TRUE,
    script::{Builder, PushBytesBuf},
    transaction,
};
use interfaces::{
    bitcoin_core::{CoinbaseTx, Solution},
    node::BlockInfo,
};

/// The seconds between two blocks, as long as the chain is behind the clock.
const SPACING: u32 = 600;

/// What the output that commits to the witnesses begins with (BIP 141).
const COMMITMENT: [u8; 4] = [0xaa, 0x21, 0xa9, 0xed];

/// The only element of the coinbase's witness.
const WITNESS: [u8; 32] = [0; 32];

/// What follows the height in the script of a coinbase without anything else: a script of a single byte would be too short.
const PADDING: &[u8] = &[0];

/// The block after a tip. There are no payments, so that its only transaction is the coinbase.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    header: Header,
    coinbase: CoinbaseTx,
}

impl Template {
    /// The block after `tip`.
    ///
    /// Blocks follow each other by ten minutes, which keeps the chain the same from run to run, until that would pass `now`
    /// (seconds since 1970); each is later than `median`, the median time of the eleven before it, as consensus demands.
    pub(super) fn new(network: Network, tip: &BlockInfo, median: u32, now: u32) -> Self {
        let height = tip.height + 1;
        let coinbase = CoinbaseTx {
            version: transaction::Version::TWO,
            sequence: Sequence::ENABLE_LOCKTIME_NO_RBF,
            script_sig_prefix: height_script(height).into_script(),
            witness: Some(WITNESS),
            block_reward_remaining: subsidy(network, height),
            required_outputs: vec![commitment()],
            lock_time: absolute::LockTime::from_height(tip.height).unwrap_or(absolute::LockTime::ZERO),
        };
        Self {
            header: Header {
                version: Version::NO_SOFT_FORK_SIGNALLING,
                prev_blockhash: tip.hash,
                // As Bitcoin Core has it: the coinbase is still to come.
                merkle_root: TxMerkleNode::all_zeros(),
                time: tip.header.time.saturating_add(SPACING).min(now).max(median + 1),
                bits: tip.header.bits,
                nonce: 0,
            },
            coinbase,
        }
    }

    /// Without a root.
    pub(crate) fn header(&self) -> Header {
        self.header
    }

    /// What a coinbase for it is made of.
    pub(crate) fn coinbase(&self) -> &CoinbaseTx {
        &self.coinbase
    }

    /// All of it but the root, with a coinbase that anybody can spend.
    pub(crate) fn block(&self) -> Block {
        Block { header: self.header, txdata: vec![self.dummy()] }
    }

    /// All of it, with what a miner has found.
    pub(crate) fn solved(&self, solution: Solution) -> Block {
        let Solution { version, timestamp, nonce, coinbase } = solution;
        let header = Header { version, merkle_root: root(&coinbase), time: timestamp, nonce, ..self.header };
        Block { header, txdata: vec![coinbase] }
    }

    fn dummy(&self) -> Transaction {
        let script_pubkey = Builder::new().push_opcode(OP_TRUE).into_script();
        self.coinbase.transaction(PADDING, vec![TxOut { value: self.coinbase.block_reward_remaining, script_pubkey }])
    }
}

/// What the coinbase's script begins with: the block's height (BIP 34).
pub(super) fn height_script(height: u32) -> Builder {
    Builder::new().push_int(height.into())
}

/// The most that the coinbase may pay where there are no fees.
pub(super) fn subsidy(network: Network, height: u32) -> Amount {
    let interval = if network == Network::Regtest { 150 } else { 210_000 };
    Amount::from_sat(Amount::from_int_btc(50).to_sat().checked_shr(height / interval).unwrap_or(0))
}

/// The root of a tree with one leaf.
fn root(coinbase: &Transaction) -> TxMerkleNode {
    coinbase.compute_txid().to_raw_hash().into()
}

/// The output that commits to the witnesses, of which the coinbase's own counts as zeros.
fn commitment() -> TxOut {
    let hash = Block::compute_witness_commitment(&WitnessMerkleNode::all_zeros(), &WITNESS);
    let mut data = PushBytesBuf::from(COMMITMENT);
    // It is 36 bytes.
    let _ = data.extend_from_slice(hash.as_byte_array());
    TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::new_op_return(data) }
}
