//! The chain, as a wallet sees it.

use std::sync::Arc;

use bitcoin::{Block, BlockHash};
use interfaces::node::{BlockInfo, Chain, ChainError, Handler, TipObserver, Visit};

use super::{observe::Observation, shutdown::Shutdown};
use crate::chain::Chain as Blocks;

type Result<T> = std::result::Result<T, ChainError>;

/// Serves [`Chain`].
pub(super) struct ChainObject {
    blocks: Arc<Blocks>,
    shutdown: Shutdown,
}

impl ChainObject {
    pub(super) fn new(blocks: Arc<Blocks>, shutdown: Shutdown) -> Self {
        Self { blocks, shutdown }
    }

    fn at(&self, height: u32) -> Result<BlockInfo> {
        self.blocks.at(height).map_err(|tip| ChainError::UnknownHeight { height, tip })
    }
}

impl Chain for ChainObject {
    fn tip(&self) -> Result<BlockInfo> {
        Ok(self.blocks.tip())
    }

    fn block_hash(&self, height: u32) -> Result<BlockHash> {
        Ok(self.at(height)?.hash)
    }

    fn block(&self, hash: BlockHash) -> Result<Block> {
        let block = self.blocks.block(hash).ok_or(ChainError::UnknownBlock { hash })?;
        Ok(Block::clone(&block))
    }

    fn find_height(&self, hash: BlockHash) -> Result<Option<u32>> {
        Ok(self.blocks.height(hash))
    }

    fn find_first(&self, time: u32, from: u32) -> Result<Option<BlockInfo>> {
        Ok(self.blocks.find(from, |info| info.header.time >= time))
    }

    fn scan(&self, from: u32, visit: Visit) -> Result<()> {
        self.at(from)?;
        for height in from..=self.blocks.tip().height {
            if !visit(self.at(height)?)? {
                break;
            }
        }
        Ok(())
    }

    fn observe(&self, observer: Arc<dyn TipObserver>) -> Result<Arc<dyn Handler>> {
        Ok(Arc::new(Observation::begin(Arc::clone(&self.blocks), self.shutdown.clone(), observer)?))
    }
}
