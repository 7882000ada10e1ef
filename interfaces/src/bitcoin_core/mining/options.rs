//! What templates, waits and checks can be told. Each has the defaults of Bitcoin Core.

use std::time::Duration;

use bitcoin::Amount;
use ipc_macros::Value;

use crate::values;

/// The weight units that a template leaves for header, transaction count and coinbase.
pub const DEFAULT_BLOCK_RESERVED_WEIGHT: u64 = 8000;

/// The signature operations that a template leaves for outputs that are added to the coinbase.
pub const DEFAULT_COINBASE_OUTPUT_MAX_ADDITIONAL_SIGOPS: u64 = 400;

/// [`Amount::MAX_MONEY`] as it crosses.
const MAX_MONEY: i64 = 21_000_000 * 100_000_000;

/// How to make a block template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
pub struct BlockCreateOptions {
    /// Whether transactions of the mempool are in it.
    #[value(default = true)]
    pub use_mempool: bool,
    /// The weight units to leave for header, transaction count and coinbase; a node takes no fewer than 2,000.
    #[value(default = DEFAULT_BLOCK_RESERVED_WEIGHT)]
    pub block_reserved_weight: u64,
    /// The signature operations to leave for outputs that are added to the coinbase.
    #[value(default = DEFAULT_COINBASE_OUTPUT_MAX_ADDITIONAL_SIGOPS)]
    pub coinbase_output_max_additional_sigops: u64,
}

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
pub struct BlockWaitOptions {
    /// For how long; `None` is without end.
    #[value(with = values::timeout, default = f64::MAX)]
    pub timeout: Option<Duration>,
    /// By how much the fees must have risen for a new template on the same tip; [`Amount::MAX_MONEY`] is never.
    #[value(with = values::amount, default = MAX_MONEY)]
    pub fee_threshold: Amount,
}

/// What of a block to check, beside the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
pub struct BlockCheckOptions {
    /// Whether the root in the header is that of the transactions.
    #[value(default = true)]
    pub check_merkle_root: bool,
    /// Whether the hash meets the target.
    #[value(default = true)]
    pub check_pow: bool,
}

impl Default for BlockCreateOptions {
    /// Bitcoin Core's own.
    fn default() -> Self {
        Self {
            use_mempool: true,
            block_reserved_weight: DEFAULT_BLOCK_RESERVED_WEIGHT,
            coinbase_output_max_additional_sigops: DEFAULT_COINBASE_OUTPUT_MAX_ADDITIONAL_SIGOPS,
        }
    }
}

impl Default for BlockWaitOptions {
    /// A new tip, however long it takes.
    fn default() -> Self {
        Self { timeout: None, fee_threshold: Amount::MAX_MONEY }
    }
}

impl Default for BlockCheckOptions {
    /// Everything.
    fn default() -> Self {
        Self { check_merkle_root: true, check_pow: true }
    }
}
