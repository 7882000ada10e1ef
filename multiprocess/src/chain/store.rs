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
    rules::{self, Checks, Invalid, Place},
    template::Template,
};

/// How many blocks the median time is taken of.
const MEDIAN_OF: usize = 11;

/// The active chain, from the genesis block to the tip.
#[derive(Debug)]
pub(crate) struct Chain {
    network: Network,
    state: Mutex<State>,
    pub(super) grown: Condvar,
    /// Held while a block is mined: the next one follows it.
    mining: Mutex<()>,
}

#[derive(Debug)]
pub(super) struct State {
    blocks: Vec<Arc<Block>>,
    infos: Vec<BlockInfo>,
    heights: HashMap<BlockHash, u32>,
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
        state.at(height).cloned().ok_or_else(|| state.tip().height)
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

    /// What the next block may be.
    pub(crate) fn template(&self) -> Template {
        self.state().template(self.network)
    }

    /// Mines a block and takes it.
    ///
    /// # Errors
    ///
    /// If it is invalid, as on a network where blocks take more than a few hashes.
    pub(crate) fn mine(&self) -> Result<BlockInfo, Invalid> {
        let _mining = self.mining.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match self.take(mine::next(&self.template())) {
                // Somebody else was faster.
                Err(Invalid::NotOnTip | Invalid::Duplicate) => {}
                taken => return taken,
            }
        }
    }

    /// Whether a block is valid as the next one. A template that is still to be mined has no proof of work.
    ///
    /// # Errors
    ///
    /// If it is not.
    pub(crate) fn check(&self, block: &Block, checks: Checks) -> Result<(), Invalid> {
        rules::check_alone(block, self.network, checks)?;
        self.state().check_placed(block, self.network)
    }

    /// Takes a block as the new tip.
    ///
    /// # Errors
    ///
    /// If it is not the next one.
    pub(crate) fn take(&self, block: Block) -> Result<BlockInfo, Invalid> {
        rules::check_alone(&block, self.network, Checks::ALL)?;
        let hash = block.block_hash();
        let mut state = self.state();
        if state.heights.contains_key(&hash) {
            return Err(Invalid::Duplicate);
        }
        if !state.heights.contains_key(&block.header.prev_blockhash) {
            return Err(Invalid::UnknownPrevious);
        }
        state.check_placed(&block, self.network)?;
        state.push(block);
        self.grown.notify_all();
        Ok(state.tip().clone())
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
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

    pub(super) fn tip(&self) -> &BlockInfo {
        // The genesis block is always there.
        &self.infos[self.infos.len() - 1]
    }

    pub(super) fn at(&self, height: u32) -> Option<&BlockInfo> {
        self.infos.get(height as usize)
    }

    fn template(&self, network: Network) -> Template {
        Template::new(network, self.tip(), self.median_time(), now())
    }

    fn check_placed(&self, block: &Block, network: Network) -> Result<(), Invalid> {
        rules::check_placed(block, &Place { network, tip: self.tip(), median: self.median_time(), now: now() })
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
