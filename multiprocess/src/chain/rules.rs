//! What a block must fulfil to be the next one. Of the rules of consensus, those that blocks without payments can break.

use std::{error::Error, fmt};

use bitcoin::Block;
use interfaces::node::BlockInfo;

use super::mine::height_script;

/// How far ahead of the clock a block's time may be, in seconds.
const AHEAD: u32 = 2 * 60 * 60;

/// Why a block is not the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// It follows another block than the tip.
    Previous,
    /// Its hash is above the target, or its target is not the network's.
    ProofOfWork,
    /// Not later than the median of the eleven before, or two hours ahead of the clock.
    Time,
    /// The root in the header is not that of the transactions.
    MerkleRoot,
    /// The first transaction is no coinbase that begins with the height.
    Coinbase,
}

/// Checks a block that is to follow `tip`; `median` is the median time of the last eleven blocks, `now` the clock's.
///
/// # Errors
///
/// The first rule that it breaks.
pub(super) fn check(block: &Block, tip: &BlockInfo, median: u32, now: u32) -> Result<(), Invalid> {
    let header = &block.header;
    let coinbase = block.coinbase().and_then(|coinbase| coinbase.input.first());
    let height = height_script(tip.height + 1).into_script();
    let rules = [
        (header.prev_blockhash == tip.hash, Invalid::Previous),
        // The target never changes where blocks are mined at will.
        (header.validate_pow(tip.header.target()).is_ok(), Invalid::ProofOfWork),
        (header.time > median && header.time <= now.saturating_add(AHEAD), Invalid::Time),
        (block.check_merkle_root(), Invalid::MerkleRoot),
        (coinbase.is_some_and(|input| input.script_sig.as_bytes().starts_with(height.as_bytes())), Invalid::Coinbase),
    ];
    rules.into_iter().find(|(kept, _)| !kept).map_or(Ok(()), |(_, broken)| Err(broken))
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Previous => "the block does not follow the tip",
            Self::ProofOfWork => "the block's proof of work is invalid",
            Self::Time => "the block's time is too early or too late",
            Self::MerkleRoot => "the block's merkle root is not that of its transactions",
            Self::Coinbase => "the block's first transaction is no coinbase with its height",
        })
    }
}

impl Error for Invalid {}
