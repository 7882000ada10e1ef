//! The blocks.

use std::{
    collections::HashMap,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use bitcoin::{Block, BlockHash, Network, constants::genesis_block};
use interfaces::node::BlockInfo;

use super::{
    mine,
    rules::{self, Invalid},
};

/// How many blocks the median time is taken of.
const MEDIAN_OF: usize = 11;

/// The active chain, from the genesis block to the tip.
#[derive(Debug)]
pub(crate) struct Chain {
    network: Network,
    state: Mutex<State>,
    grown: Condvar,
    /// Held while a block is mined: the next one follows it.
    mining: Mutex<()>,
}

#[derive(Debug)]
struct State {
    blocks: Vec<Arc<Block>>,
    infos: Vec<BlockInfo>,
    heights: HashMap<BlockHash, u32>,
}

/// What came of waiting for the chain to grow.
#[derive(Debug)]
pub(crate) enum Growth {
    /// The block after the one that was given.
    Next(Box<BlockInfo>),
    /// The wait was ended.
    Ended,
}

impl Chain {
    /// A chain of the genesis block alone.
    pub(crate) fn new(network: Network) -> Self {
        let genesis = genesis_block(network);
        let mut state = State { blocks: Vec::new(), infos: Vec::new(), heights: HashMap::new() };
        state.push(genesis);
        Self { network, state: Mutex::new(state), grown: Condvar::new(), mining: Mutex::new(()) }
    }

    pub(crate) fn network(&self) -> Network {
        self.network
    }

    /// The last block.
    pub(crate) fn tip(&self) -> BlockInfo {
        self.state().tip().clone()
    }

    /// The block at a height; the height of the tip if there is none.
    pub(crate) fn at(&self, height: u32) -> Result<BlockInfo, u32> {
        let state = self.state();
        state.infos.get(height as usize).cloned().ok_or_else(|| state.tip().height)
    }

    /// The first block at `from` or above that satisfies `wanted`.
    pub(crate) fn find(&self, from: u32, wanted: impl Fn(&BlockInfo) -> bool) -> Option<BlockInfo> {
        self.state().infos.iter().skip(from as usize).find(|info| wanted(info)).cloned()
    }

    pub(crate) fn height(&self, hash: BlockHash) -> Option<u32> {
        self.state().heights.get(&hash).copied()
    }

    pub(crate) fn block(&self, hash: BlockHash) -> Option<Arc<Block>> {
        let state = self.state();
        state.heights.get(&hash).map(|height| Arc::clone(&state.blocks[*height as usize]))
    }

    /// Mines a block and takes it.
    ///
    /// # Errors
    ///
    /// If it is invalid, as on a network where blocks take more than a few hashes.
    pub(crate) fn mine(&self) -> Result<BlockInfo, Invalid> {
        let _mining = self.mining.lock().unwrap_or_else(PoisonError::into_inner);
        let (tip, median) = {
            let state = self.state();
            (state.tip().clone(), state.median_time())
        };
        self.take(mine::next(&tip, median, now()))
    }

    /// Takes a block as the new tip.
    ///
    /// # Errors
    ///
    /// If it is not the next one.
    pub(crate) fn take(&self, block: Block) -> Result<BlockInfo, Invalid> {
        let mut state = self.state();
        rules::check(&block, state.tip(), state.median_time(), now())?;
        state.push(block);
        self.grown.notify_all();
        Ok(state.tip().clone())
    }

    /// Waits until there is a block above `height` or `ended` says so; whoever makes it say so calls [`wake`](Self::wake).
    pub(crate) fn wait_above(&self, height: u32, ended: impl Fn() -> bool) -> Growth {
        let waiting = |state: &mut State| !ended() && state.tip().height <= height;
        let state = self.grown.wait_while(self.state(), waiting).unwrap_or_else(PoisonError::into_inner);
        match state.infos.get(height as usize + 1) {
            Some(info) if !ended() => Growth::Next(Box::new(info.clone())),
            _ => Growth::Ended,
        }
    }

    /// Has all who wait look whether their wait has ended.
    pub(crate) fn wake(&self) {
        // Under the lock: nobody is between looking and waiting.
        let _state = self.state();
        self.grown.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, block: Block) {
        let hash = block.block_hash();
        let height = self.infos.len() as u32;
        let transactions = block.txdata.len() as u32;
        self.infos.push(BlockInfo { height, hash, header: block.header, transactions });
        self.heights.insert(hash, height);
        self.blocks.push(Arc::new(block));
    }

    fn tip(&self) -> &BlockInfo {
        // The genesis block is always there.
        &self.infos[self.infos.len() - 1]
    }

    fn median_time(&self) -> u32 {
        let mut times: Vec<u32> = self.infos.iter().rev().take(MEDIAN_OF).map(|info| info.header.time).collect();
        times.sort_unstable();
        times[times.len() / 2]
    }
}

/// Seconds since 1970.
fn now() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_begins_with_the_networks_genesis_block() {
        let hash = Chain::new(Network::Bitcoin).tip().hash.to_string();
        assert_eq!(hash, "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
        let hash = Chain::new(Network::Regtest).tip().hash.to_string();
        assert_eq!(hash, "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206");
    }

    #[test]
    fn mined_blocks_are_valid() {
        let chain = Chain::new(Network::Regtest);
        for height in 1..=40 {
            let tip = chain.tip();
            let mined = chain.mine().unwrap();
            assert_eq!(mined.height, height);
            assert_eq!(mined.header.prev_blockhash, tip.hash);
            let block = chain.block(mined.hash).unwrap();
            assert!(block.check_merkle_root() && block.check_witness_commitment());
            block.header.validate_pow(bitcoin::Target::MAX_ATTAINABLE_REGTEST).unwrap();
            // The crate reads no heights that are written as an opcode, up to 16.
            if height > 16 {
                assert_eq!(block.bip34_block_height(), Ok(height.into()));
            }
        }
    }

    #[test]
    fn a_block_that_breaks_a_rule_is_not_taken() {
        let chain = Chain::new(Network::Regtest);
        let good = mine::next(&chain.tip(), chain.tip().header.time, now());
        let changed = |change: fn(&mut Block)| {
            let mut block = good.clone();
            change(&mut block);
            while block.header.validate_pow(chain.tip().header.target()).is_err() {
                block.header.nonce = block.header.nonce.wrapping_add(1);
            }
            chain.take(block)
        };
        let coinbase = |block: &mut Block| {
            block.txdata[0].input[0].script_sig = mine::height_script(2).into_script();
            block.header.merkle_root = block.compute_merkle_root().unwrap();
        };
        assert_eq!(changed(|block| block.header.prev_blockhash = block.block_hash()), Err(Invalid::Previous));
        assert_eq!(changed(|block| block.header.time = 1), Err(Invalid::Time));
        assert_eq!(changed(|block| block.header.time = u32::MAX), Err(Invalid::Time));
        assert_eq!(changed(|block| block.txdata[0].output.clear()), Err(Invalid::MerkleRoot));
        assert_eq!(changed(coinbase), Err(Invalid::Coinbase));
        let mut lazy = good.clone();
        while lazy.header.validate_pow(chain.tip().header.target()).is_ok() {
            lazy.header.nonce = lazy.header.nonce.wrapping_add(1);
        }
        assert_eq!(chain.take(lazy), Err(Invalid::ProofOfWork));
        assert!(chain.take(good).is_ok());
    }

    #[test]
    fn waiting_gives_every_block_in_order_and_can_be_ended() {
        let chain = Chain::new(Network::Regtest);
        let mined = [chain.mine().unwrap(), chain.mine().unwrap()];
        for (height, expected) in mined.iter().enumerate() {
            let Growth::Next(info) = chain.wait_above(height as u32, || false) else { panic!("ended") };
            assert_eq!(*info, *expected);
        }
        assert!(matches!(chain.wait_above(2, || true), Growth::Ended));
    }
}
