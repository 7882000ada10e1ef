//! Looking for the nonce.

use bitcoin::{
    BlockHash, ScriptBuf, Transaction, TxMerkleNode, TxOut, block::Header, hashes::Hash, opcodes::OP_TRUE,
    script::Builder,
};
use interfaces::bitcoin_core::{BlockTemplate, Solution};
use ipc::Result;

/// What the coinbase's script has behind the height: the miner's mark, and a number that makes each coinbase another.
const MARK: &[u8] = b"/mp/";

/// A template as work: what is hashed, and what it becomes a block with.
pub(super) struct Work {
    header: Header,
    coinbase: Transaction,
}

/// What came of hashing.
pub(super) enum Hashed {
    /// A nonce that does.
    Solved(Box<Solved>),
    /// It was given up.
    Enough,
    /// No nonce does.
    All,
}

/// A solution, and the hash of the block that it makes.
pub(super) struct Solved {
    pub(super) solution: Solution,
    pub(super) hash: BlockHash,
}

impl Work {
    /// The work of a template. Anybody can spend what it pays: there is no wallet here.
    pub(super) fn of(template: &dyn BlockTemplate, extra: u64) -> Result<Self> {
        let parts = template.get_coinbase_tx()?;
        let all = TxOut { value: parts.block_reward_remaining, script_pubkey: anybody() };
        // A push, so that the script is one.
        let mark = [MARK, &extra.to_le_bytes()].concat();
        let mark = Builder::new().push_slice(<[u8; 12]>::try_from(mark.as_slice()).unwrap_or_default()).into_script();
        let coinbase = parts.transaction(mark.as_bytes(), vec![all]);
        let mut header = template.get_block_header()?;
        header.merkle_root = root(&coinbase, &template.get_coinbase_merkle_path()?);
        Ok(Self { header, coinbase })
    }

    /// The block that the work's follows.
    pub(super) fn follows(&self) -> BlockHash {
        self.header.prev_blockhash
    }

    /// Tries all nonces until one does or `enough` says so, which is asked every so many hashes.
    ///
    /// # Errors
    ///
    /// That of `enough`.
    pub(super) fn solve(mut self, mut enough: impl FnMut() -> Result<bool>) -> Result<Hashed> {
        const CHUNK: u32 = 1 << 16;
        let target = self.header.target();
        for nonce in 0..=u32::MAX {
            if nonce % CHUNK == 0 && enough()? {
                return Ok(Hashed::Enough);
            }
            self.header.nonce = nonce;
            let hash = self.header.block_hash();
            if target.is_met_by(hash) {
                let Header { version, time: timestamp, .. } = self.header;
                let solution = Solution { version, timestamp, nonce, coinbase: self.coinbase };
                return Ok(Hashed::Solved(Box::new(Solved { solution, hash })));
            }
        }
        Ok(Hashed::All)
    }
}

fn anybody() -> ScriptBuf {
    Builder::new().push_opcode(OP_TRUE).into_script()
}

/// The root of the tree whose first leaf is the coinbase.
fn root(coinbase: &Transaction, path: &[TxMerkleNode]) -> TxMerkleNode {
    let leaf = TxMerkleNode::from_raw_hash(coinbase.compute_txid().to_raw_hash());
    path.iter().fold(leaf, |left, right| {
        let both = [left.to_byte_array(), right.to_byte_array()].concat();
        TxMerkleNode::hash(&both)
    })
}

#[cfg(test)]
mod tests {
    use bitcoin::{Block, Network, constants::genesis_block};

    use super::*;

    /// Blocks with one, two and more transactions, whose roots the crate computes from all of them.
    #[test]
    fn the_root_is_that_of_the_whole_tree() {
        let mut block = genesis_block(Network::Regtest);
        for count in 1_u32..=4 {
            let txids: Vec<TxMerkleNode> =
                block.txdata.iter().map(|tx| tx.compute_txid().to_raw_hash().into()).collect();
            let hash =
                |a: TxMerkleNode, b: TxMerkleNode| TxMerkleNode::hash(&[a.to_byte_array(), b.to_byte_array()].concat());
            let path = match txids[..] {
                [_] => vec![],
                [_, b] => vec![b],
                [_, b, c] => vec![b, hash(c, c)],
                [_, b, c, d] => vec![b, hash(c, d)],
                _ => unreachable!(),
            };
            assert_eq!(Some(root(&block.txdata[0], &path)), Block::compute_merkle_root(&block), "{count}");
            let mut next = block.txdata[0].clone();
            next.input[0].sequence = bitcoin::Sequence(count);
            block.txdata.push(next);
        }
    }
}
