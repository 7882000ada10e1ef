//! How the types of the `bitcoin` crate cross: the hooks for `#[value(with = …)]`.
//!
//! | hook | type | on the wire |
//! |---|---|---|
//! | [`block_hash`], [`txid`], [`wtxid`], [`merkle_node`] | [`BlockHash`], [`Txid`], [`Wtxid`], [`TxMerkleNode`] | 32 bytes in the order of the consensus encoding, which is not the one that people read |
//! | [`header`], [`block`], [`transaction`], [`output`] | [`Header`], [`Block`], [`Transaction`], [`TxOut`] | bytes in consensus encoding |
//! | [`found_transaction`] | `Option` of [`Transaction`] | the same; no bytes for `None` |
//! | [`script`] | [`ScriptBuf`] | its bytes, without a length before them |
//! | [`amount`] | [`Amount`] | satoshis, a signed 64-bit integer as in Bitcoin Core, from 0 to 21 million bitcoins |
//! | [`height`] | `u32` | a signed 32-bit integer as in Bitcoin Core |
//! | [`timeout`] | `Option` of [`Duration`] | milliseconds, a 64-bit floating-point number; the largest for `None`, without end |
//! | [`block_version`], [`transaction_version`], [`sequence`], [`lock_time`] | [`block::Version`](bitcoin::block::Version), [`transaction::Version`](bitcoin::transaction::Version), [`Sequence`], [`absolute::LockTime`](bitcoin::absolute::LockTime) | the 32 bits that the consensus encoding has, unsigned |
//! | [`network`] | [`Network`] | an enum |
//!
//! What cannot be read as that (a hash of 31 bytes, a block with a byte too many, a negative amount) is a `Protocol` error.

mod consensus;
mod limits;
mod numbers;
mod raw;
mod words;

use bitcoin::{Block, BlockHash, Transaction, TxMerkleNode, TxOut, Txid, Wtxid, block::Header};

pub use limits::{height, timeout};
pub use numbers::{amount, network};
pub use raw::{found_transaction, script};
pub use words::{block_version, lock_time, sequence, transaction_version};

#[cfg(doc)]
use {
    bitcoin::{Amount, Network, ScriptBuf, Sequence},
    std::time::Duration,
};

consensus::hooks! {
    /// The hash of a block: 32 bytes.
    block_hash: BlockHash, "the hash of a block, 32 bytes";
    /// The id of a transaction: 32 bytes.
    txid: Txid, "the id of a transaction, 32 bytes";
    /// The id of a transaction with its witnesses: 32 bytes.
    wtxid: Wtxid, "the witness id of a transaction, 32 bytes";
    /// A node of the tree that the root in a block's header is of: 32 bytes.
    merkle_node: TxMerkleNode, "a hash of a merkle path, 32 bytes";
    /// The header of a block: 80 bytes.
    header: Header, "the header of a block, 80 bytes";
    /// A whole block.
    block: Block, "a block in consensus encoding";
    /// A transaction with its witnesses.
    transaction: Transaction, "a transaction in consensus encoding";
    /// An output of a transaction.
    output: TxOut, "an output of a transaction in consensus encoding";
}
