//! What a wallet knows of its transactions.

use bitcoin::{Amount, BlockHash, Transaction};
use ipc_macros::Value;

use crate::values;

/// What a wallet holds, by how sure it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Value)]
pub struct Balance {
    /// In blocks, and spendable.
    #[value(with = values::amount)]
    pub confirmed: Amount,
    /// In no block yet.
    #[value(with = values::amount)]
    pub unconfirmed: Amount,
    /// Mined, and not yet 100 blocks deep.
    #[value(with = values::amount)]
    pub immature: Amount,
}

/// A payment to be made.
#[derive(Clone, Debug, PartialEq, Eq, Value)]
pub struct Recipient {
    /// The address, as people write it.
    pub address: String,
    /// How much it is paid.
    #[value(with = values::amount)]
    pub amount: Amount,
    /// Whether the fee is taken off the amount.
    pub fee_included: bool,
}

/// A transaction that concerns a wallet.
#[derive(Clone, Debug, PartialEq, Eq, Value)]
pub struct WalletTransaction {
    /// The transaction.
    #[value(with = values::transaction)]
    pub transaction: Transaction,
    /// What it brought the wallet.
    #[value(with = values::amount)]
    pub received: Amount,
    /// What it took from the wallet, the fee included.
    #[value(with = values::amount)]
    pub spent: Amount,
    /// The block that it is in; `None` if it is in none yet.
    #[value(with = option(values::block_hash))]
    pub block: Option<BlockHash>,
    /// When the wallet first saw it, in seconds since 1970.
    pub time: u64,
}

/// What happened to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
pub enum Change {
    /// The wallet did not know it before.
    New,
    /// It came into a block, or out of one.
    Updated,
    /// It can't come into a block any more.
    Removed,
}
