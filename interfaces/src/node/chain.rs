//! The chain, as a wallet sees it.

use std::sync::Arc;

use bitcoin::{Block, BlockHash, block::Header};
use ipc_core::Result;
use ipc_macros::{Value, interface};

use super::{ChainError, Handler};
use crate::values;

/// The active chain of a node.
///
/// Heights count from the genesis block, which has 0.
#[interface]
pub trait Chain: Send + Sync {
    /// The last block.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn tip(&self) -> Result<BlockInfo, ChainError>;

    /// The hash of the block at a height.
    ///
    /// # Errors
    ///
    /// [`ChainError::UnknownHeight`] above the tip.
    #[method(with = values::block_hash)]
    fn block_hash(&self, height: u32) -> Result<BlockHash, ChainError>;

    /// A whole block.
    ///
    /// # Errors
    ///
    /// [`ChainError::UnknownBlock`].
    #[method(with = values::block)]
    fn block(&self, #[value(with = values::block_hash)] hash: BlockHash) -> Result<Block, ChainError>;

    /// The height of a block; `None` if it is not in the active chain.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn find_height(&self, #[value(with = values::block_hash)] hash: BlockHash) -> Result<Option<u32>, ChainError>;

    /// The first block at `from` or above whose time (seconds since 1970) is `time` or later; where a wallet whose keys
    /// are that old begins to scan.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn find_first(&self, time: u32, from: u32) -> Result<Option<BlockInfo>, ChainError>;

    /// Calls `visit` for each block from a height on, in order and on the calling thread, up to what is then the tip;
    /// stops early when it returns `false`.
    ///
    /// # Errors
    ///
    /// [`ChainError::UnknownHeight`] if `from` is above the tip; an error of `visit`.
    fn scan(&self, from: u32, visit: Visit) -> Result<(), ChainError>;

    /// Calls `observer` for each new tip, in order, until the returned handler is dropped or
    /// [disconnected](Handler::disconnect).
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn observe(&self, observer: Arc<dyn TipObserver>) -> Result<Arc<dyn Handler>, ChainError>;
}

/// What [`Chain::scan`] calls.
pub type Visit = Arc<dyn Fn(BlockInfo) -> Result<bool> + Send + Sync>;

/// Is told when the chain grows.
#[interface]
pub trait TipObserver: Send + Sync {
    /// The chain has a new last block. No other call to this observer is made until it returns; an error ends the
    /// observation.
    ///
    /// # Errors
    ///
    /// Any, to be told no more.
    fn new_tip(&self, tip: BlockInfo) -> Result<()>;
}

/// What there is to say about a block without its transactions.
#[derive(Clone, Debug, PartialEq, Eq, Value)]
pub struct BlockInfo {
    /// Its place in the chain, from 0 for the genesis block.
    pub height: u32,
    /// The hash of its header.
    #[value(with = values::block_hash)]
    pub hash: BlockHash,
    /// Its header, with time, target and the block before it.
    #[value(with = values::header)]
    pub header: Header,
    /// How many transactions it has.
    pub transactions: u32,
}
