//! Block templates and the tip; `mining.capnp` in Bitcoin Core.

mod options;
mod template;
mod verdict;

use std::{sync::Arc, time::Duration};

use bitcoin::{Block, BlockHash, Transaction, Txid, Wtxid};
use ipc_core::Result;
use ipc_macros::interface;

pub use options::{
    BlockCheckOptions, BlockCreateOptions, BlockWaitOptions, DEFAULT_BLOCK_RESERVED_WEIGHT,
    DEFAULT_COINBASE_OUTPUT_MAX_ADDITIONAL_SIGOPS,
};
pub use template::{BlockTemplate, CoinbaseTx, Solution};
pub use verdict::Verdict;

use super::BlockRef;
use crate::values;

/// What a miner or a pool asks a node for.
#[interface(id = 0xf9c6_8436_df3a_f39e)]
pub trait Mining: Send + Sync {
    /// Whether the chain is there for tests only.
    ///
    /// # Errors
    ///
    /// Only those of the connection, here and wherever nothing else is said.
    #[method(ordinal = 0)]
    fn is_test_chain(&self) -> Result<bool>;

    /// Whether the node is still downloading the chain.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(ordinal = 1)]
    fn is_initial_block_download(&self) -> Result<bool>;

    /// The last block; `None` while the node has none.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(ordinal = 2, has)]
    fn get_tip(&self) -> Result<Option<BlockRef>>;

    /// Waits until the last block is another than `current_tip`, at most for `timeout` (`None`: without end), and gives
    /// the last block, which after the timeout is the same. `None` if the node shuts down or the wait is
    /// [interrupted](Self::interrupt).
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(ordinal = 3)]
    fn wait_tip_changed(
        &self,
        #[value(with = values::block_hash)] current_tip: BlockHash,
        #[value(with = values::timeout, default = f64::MAX)] timeout: Option<Duration>,
    ) -> Result<Option<BlockRef>>;

    /// A template for the block after the tip.
    ///
    /// With `cooldown`, waits until the node has downloaded the chain; on regtest, and on a signet with one miner, that may
    /// never be. `None` if the node shuts down or the wait is [interrupted](Self::interrupt).
    ///
    /// # Errors
    ///
    /// `Remote` for options that no block can follow.
    #[method(ordinal = 4)]
    fn create_new_block(
        &self,
        options: BlockCreateOptions,
        #[value(default = true)] cooldown: bool,
    ) -> Result<Option<Arc<dyn BlockTemplate>>>;

    /// Whether a block is valid as the next one, without taking it.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(ordinal = 5, results(reason: String, debug: String, result: bool))]
    fn check_block(&self, #[value(with = values::block)] block: Block, options: BlockCheckOptions) -> Result<Verdict>;

    /// Ends the wait of [`create_new_block`](Self::create_new_block) or [`wait_tip_changed`](Self::wait_tip_changed) that
    /// is under way at this object, or else the next one.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(ordinal = 6, no_context, since = "31")]
    fn interrupt(&self) -> Result<()>;

    /// Takes a whole block. Its coinbase must be complete: nothing is added to it.
    ///
    /// A block that the node has already is rejected as `duplicate`, one that is valid but not on the best chain as
    /// `inconclusive`.
    ///
    /// # Errors
    ///
    /// `Unimplemented` before Bitcoin Core 32.
    #[method(ordinal = 7, since = "32", results(reason: String, debug: String, result: bool))]
    fn submit_block(&self, #[value(with = values::block)] block: Block) -> Result<Verdict>;

    /// Transactions of the mempool by their ids, in that order; `None` for those that it does not have.
    ///
    /// # Errors
    ///
    /// `Unimplemented` before Bitcoin Core 32.
    #[method(ordinal = 8, name = "getTransactionsByTxID", since = "32", with = list(values::found_transaction))]
    fn get_transactions_by_txid(
        &self,
        #[value(with = list(values::txid))] txids: Vec<Txid>,
    ) -> Result<Vec<Option<Transaction>>>;

    /// Transactions of the mempool by their witness ids, in that order; `None` for those that it does not have.
    ///
    /// # Errors
    ///
    /// `Unimplemented` before Bitcoin Core 32.
    #[method(ordinal = 9, name = "getTransactionsByWitnessID", since = "32", with = list(values::found_transaction))]
    fn get_transactions_by_witness_id(
        &self,
        #[value(with = list(values::wtxid))] wtxids: Vec<Wtxid>,
    ) -> Result<Vec<Option<Transaction>>>;
}
