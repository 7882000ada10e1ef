//! What a block must fulfil to be the next one. Of the rules of consensus, those that blocks without payments can break.

use std::fmt;

use bitcoin::{Amount, Block, Network, Target, Transaction, Weight, absolute::LockTime};
use interfaces::{bitcoin_core::Verdict, node::BlockInfo};

use super::template::{height_script, subsidy};

/// How far ahead of the clock a block's time may be, in seconds.
const AHEAD: u32 = 2 * 60 * 60;

/// How long the script of a coinbase may be, in bytes.
const COINBASE_SCRIPT: std::ops::RangeInclusive<usize> = 2..=100;

/// The oldest version that regtest takes, from its first block on.
const LEAST_VERSION: i32 = 4;

/// Why a block is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// Its hash is above the target.
    ProofOfWork,
    /// The root in the header is not that of the transactions.
    MerkleRoot,
    /// There is no transaction, or the first one is no coinbase.
    NoCoinbase,
    /// The coinbase's script is too short or too long.
    CoinbaseScript,
    /// It is larger than any block may be.
    Weight,
    /// It has transactions beside the coinbase, which this node does not check.
    Payments,
    /// It is there already.
    Duplicate,
    /// Nobody knows the block that it follows.
    UnknownPrevious,
    /// It follows another block than the tip.
    NotOnTip,
    /// Its target is not the network's.
    Target,
    /// Not later than the median of the eleven before.
    TooOld,
    /// More than two hours ahead of the clock.
    TooNew,
    /// Its version is one that the network does not take any more.
    Version,
    /// The coinbase's lock time has not come.
    LockTime,
    /// The coinbase does not begin with the height.
    Height,
    /// The coinbase does not commit to the witnesses.
    Witness,
    /// The coinbase pays more than it may.
    Amount,
}

/// What of a block is checked beside the rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checks {
    pub(crate) merkle_root: bool,
    pub(crate) pow: bool,
}

impl Checks {
    pub(crate) const ALL: Self = Self { merkle_root: true, pow: true };
}

/// Where a block is to follow.
pub(super) struct Place<'a> {
    pub(super) network: Network,
    pub(super) tip: &'a BlockInfo,
    /// The median time of the last eleven blocks.
    pub(super) median: u32,
    /// The clock's time.
    pub(super) now: u32,
}

/// Checks what does not depend on the block's place.
///
/// # Errors
///
/// The first rule that it breaks.
pub(super) fn check_alone(block: &Block, network: Network, checks: Checks) -> Result<(), Invalid> {
    let target = block.header.target();
    let met = target <= limit(network) && target.is_met_by(block.header.block_hash());
    let coinbase = coinbase(block);
    let script = coinbase.and_then(|coinbase| coinbase.input.first()).map(|input| input.script_sig.len());
    first_broken([
        (!checks.pow || met, Invalid::ProofOfWork),
        (!checks.merkle_root || block.check_merkle_root(), Invalid::MerkleRoot),
        (coinbase.is_some(), Invalid::NoCoinbase),
        (script.is_some_and(|len| COINBASE_SCRIPT.contains(&len)), Invalid::CoinbaseScript),
        (block.weight() <= Weight::MAX_BLOCK, Invalid::Weight),
        (block.txdata.len() == 1, Invalid::Payments),
    ])
}

/// Checks a block that is to follow the tip.
///
/// # Errors
///
/// The first rule that it breaks.
pub(super) fn check_placed(block: &Block, place: &Place<'_>) -> Result<(), Invalid> {
    let header = &block.header;
    let height = place.tip.height + 1;
    let coinbase = coinbase(block).ok_or(Invalid::NoCoinbase)?;
    let script = coinbase.input.first().map(|input| input.script_sig.as_bytes()).unwrap_or_default();
    let paid: Amount = coinbase.output.iter().map(|output| output.value).fold(Amount::ZERO, saturating_add);
    first_broken([
        (header.prev_blockhash == place.tip.hash, Invalid::NotOnTip),
        // The target never changes where blocks are mined at will.
        (header.bits == place.tip.header.bits, Invalid::Target),
        (header.time > place.median, Invalid::TooOld),
        (header.time <= place.now.saturating_add(AHEAD), Invalid::TooNew),
        (place.network != Network::Regtest || header.version.to_consensus() >= LEAST_VERSION, Invalid::Version),
        (is_final(coinbase, height, place.median), Invalid::LockTime),
        (script.starts_with(height_script(height).into_script().as_bytes()), Invalid::Height),
        (block.check_witness_commitment(), Invalid::Witness),
        (paid <= subsidy(place.network, height), Invalid::Amount),
    ])
}

/// The first transaction, if it is one.
fn coinbase(block: &Block) -> Option<&Transaction> {
    block.coinbase().filter(|first| first.is_coinbase())
}

fn first_broken<const N: usize>(rules: [(bool, Invalid); N]) -> Result<(), Invalid> {
    rules.into_iter().find(|(kept, _)| !kept).map_or(Ok(()), |(_, broken)| Err(broken))
}

/// The easiest target of a network.
fn limit(network: Network) -> Target {
    network.params().max_attainable_target
}

fn saturating_add(sum: Amount, value: Amount) -> Amount {
    sum.checked_add(value).unwrap_or(Amount::MAX)
}

fn is_final(transaction: &Transaction, height: u32, median: u32) -> bool {
    match transaction.lock_time {
        LockTime::Blocks(at) if at.to_consensus_u32() < height => true,
        LockTime::Seconds(at) if at.to_consensus_u32() < median => true,
        _ => transaction.input.iter().all(|input| input.sequence.is_final()),
    }
}

impl Invalid {
    /// A word or two, those of Bitcoin Core where it has some (BIP 22).
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::ProofOfWork => "high-hash",
            Self::MerkleRoot => "bad-txnmrklroot",
            Self::NoCoinbase => "bad-cb-missing",
            Self::CoinbaseScript => "bad-cb-length",
            Self::Weight => "bad-blk-weight",
            Self::Payments => "payments-unsupported",
            Self::Duplicate => "duplicate",
            Self::UnknownPrevious => "prev-blk-not-found",
            Self::NotOnTip => "inconclusive",
            Self::Target => "bad-diffbits",
            Self::TooOld => "time-too-old",
            Self::TooNew => "time-too-new",
            Self::Version => "bad-version",
            Self::LockTime => "bad-txns-nonfinal",
            Self::Height => "bad-cb-height",
            Self::Witness => "bad-witness-merkle-match",
            Self::Amount => "bad-cb-amount",
        }
    }
}

impl From<Invalid> for Verdict {
    fn from(invalid: Invalid) -> Self {
        // As Bitcoin Core has it, there is nothing more to say of what is there already.
        let debug = if invalid == Invalid::Duplicate { String::new() } else { invalid.to_string() };
        Self::Rejected { reason: invalid.reason().to_owned(), debug }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ProofOfWork => "proof of work failed",
            Self::MerkleRoot => "hashMerkleRoot mismatch",
            Self::NoCoinbase => "first tx is not coinbase",
            Self::CoinbaseScript => "the script of the coinbase has fewer than 2 or more than 100 bytes",
            Self::Weight => "weight limit failed",
            Self::Payments => "this node checks no payments: expected a coinbase alone",
            Self::Duplicate => "the block is there already",
            Self::UnknownPrevious => "the block before it is not known",
            Self::NotOnTip => "the block does not follow the tip, and this node keeps no other branches",
            Self::Target => "incorrect proof of work",
            Self::TooOld => "block's timestamp is too early",
            Self::TooNew => "block timestamp too far in the future",
            Self::Version => "the block's version is too old",
            Self::LockTime => "non-final transaction",
            Self::Height => "block height mismatch in coinbase",
            Self::Witness => "witness merkle commitment mismatch",
            Self::Amount => "coinbase pays too much",
        })
    }
}

impl std::error::Error for Invalid {}
