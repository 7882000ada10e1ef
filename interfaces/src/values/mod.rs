//! How the types of the `bitcoin` crate cross: the hooks for `#[value(with = …)]`.
//!
//! | hook | type | on the wire |
//! |---|---|---|
//! | [`block_hash`], [`txid`] | [`BlockHash`], [`Txid`] | 32 bytes in the order of the consensus encoding, which is not the one that people read |
//! | [`header`], [`block`], [`transaction`] | [`Header`], [`Block`], [`Transaction`] | bytes in consensus encoding |
//! | [`amount`] | [`Amount`] | satoshis, a signed 64-bit integer as in Bitcoin Core, from 0 to 21 million bitcoins |
//! | [`network`] | [`Network`] | an enum |
//!
//! What cannot be read as that (a hash of 31 bytes, a block with a byte too many, a negative amount) is a `Protocol` error.

mod consensus;
mod numbers;

use bitcoin::{Block, BlockHash, Transaction, Txid, block::Header};

pub use numbers::{amount, network};

#[cfg(doc)]
use bitcoin::{Amount, Network};

consensus::hooks! {
    /// The hash of a block: 32 bytes.
    block_hash: BlockHash, "the hash of a block, 32 bytes";
    /// The id of a transaction: 32 bytes.
    txid: Txid, "the id of a transaction, 32 bytes";
    /// The header of a block: 80 bytes.
    header: Header, "the header of a block, 80 bytes";
    /// A whole block.
    block: Block, "a block in consensus encoding";
    /// A transaction with its witnesses.
    transaction: Transaction, "a transaction in consensus encoding";
}
