//! What several of the interfaces use; `common.capnp` in Bitcoin Core.

use bitcoin::BlockHash;
use ipc_macros::Value;

use crate::values;

/// A block of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
pub struct BlockRef {
    /// The hash of its header.
    #[value(with = values::block_hash)]
    pub hash: BlockHash,
    /// Its place in the chain, from 0 for the genesis block.
    #[value(with = values::height)]
    pub height: u32,
}
