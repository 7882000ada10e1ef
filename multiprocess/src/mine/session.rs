//! Mining on one node.

use std::{
    hash::{BuildHasher, RandomState},
    io::{self, Write},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use bitcoin::BlockHash;
use interfaces::bitcoin_core::{BlockCreateOptions, BlockTemplate, BlockWaitOptions, Init, Mining, Solution, Verdict};
use ipc::Result;

use super::{
    stop::Stop,
    work::{Hashed, Solved, Work},
};
use crate::Failure;

/// How long a node may take for a call that waits for nobody, and for the end of those that do.
pub(super) const GRACE: Duration = Duration::from_secs(30);

/// What a block is rejected as that comes too late; Bitcoin Core 31 gives no reason, and is believed to have this one.
const LATE: [&str; 3] = ["duplicate", "inconclusive", "rejected"];

/// A miner and its node.
pub(super) struct Session<'a> {
    mining: Arc<dyn Mining>,
    stop: &'a Stop,
}

impl<'a> Session<'a> {
    /// Asks the node for what miners need.
    ///
    /// # Errors
    ///
    /// If it does not have that, or is on mainnet.
    pub(super) fn begin(init: &Arc<dyn Init>, stop: &'a Stop) -> Result<Self, Failure> {
        let mining = in_time(|| init.make_mining())?;
        if !in_time(|| mining.is_test_chain())? {
            return Err("the node is on mainnet, where a block takes more than one computer: expected regtest".into());
        }
        Ok(Self { mining, stop })
    }

    /// Mines so many blocks, or without end, and prints their heights and hashes.
    ///
    /// Bitcoin Core 31 takes a block that is valid and not on the best chain like any other.
    ///
    /// # Errors
    ///
    /// Those of the connection, and a rejection for another reason than that a block comes too late.
    pub(super) fn mine(self, count: Option<NonZeroU32>) -> Result<(), Failure> {
        let mut left = count.map(NonZeroU32::get);
        // Two miners with the same coinbases would find the same blocks.
        let mut number = RandomState::new().hash_one(());
        let mut template = self.first()?;
        while let Some(current) = template {
            number = number.wrapping_add(1);
            let Some(height) = self.height(&current)? else {
                template = self.next(&current)?;
                continue;
            };
            template = match self.solve(&current, number)? {
                // The same tip with another time.
                Hashed::All => self.first()?,
                Hashed::Enough => self.next(&current)?,
                Hashed::Solved(solved) => {
                    let Solved { solution, hash } = *solved;
                    if self.submit(&current, solution)? {
                        writeln!(io::stdout(), "{height} {hash}")?;
                        left = left.map(|left| left - 1);
                    }
                    if left == Some(0) { None } else { self.next(&current)? }
                }
            };
        }
        Ok(())
    }

    /// Looks for the nonce, as long as the tip is the template's and nobody has pressed Ctrl-C.
    fn solve(&self, template: &Arc<dyn BlockTemplate>, number: u64) -> Result<Hashed> {
        let work = in_time(|| Work::of(&**template, number))?;
        let tip = work.follows();
        work.solve(|| Ok(self.stop.is_requested() || self.tip()? != Some(tip)))
    }

    /// The height that the template's block will have, as long as the tip is the template's.
    fn height(&self, template: &Arc<dyn BlockTemplate>) -> Result<Option<u32>> {
        let follows = in_time(|| template.get_block_header())?.prev_blockhash;
        let tip = in_time(|| self.mining.get_tip())?;
        Ok(tip.filter(|tip| tip.hash == follows).map(|tip| tip.height + 1))
    }

    fn tip(&self) -> Result<Option<BlockHash>> {
        Ok(in_time(|| self.mining.get_tip())?.map(|tip| tip.hash))
    }

    /// Submits a block; says whether it was taken.
    fn submit(&self, template: &Arc<dyn BlockTemplate>, solution: Solution) -> Result<bool, Failure> {
        match in_time(|| template.submit(solution))? {
            Verdict::Accepted => Ok(true),
            Verdict::Rejected { reason, .. } if LATE.contains(&reason.as_str()) => Ok(false),
            verdict => Err(format!("the node does not take the block, it was {verdict}").into()),
        }
    }

    /// A template for the tip as it is.
    fn first(&self) -> Result<Option<Arc<dyn BlockTemplate>>> {
        let mining = Arc::clone(&self.mining);
        // Without a cooldown: a node on regtest has nobody to download from, and would wait for ever.
        let create = || in_time(|| self.mining.create_new_block(BlockCreateOptions::default(), false));
        Ok(self.stop.wait(move || report(in_time(|| mining.interrupt())), create).transpose()?.flatten())
    }

    /// The template after this one's tip, however long it takes.
    fn next(&self, template: &Arc<dyn BlockTemplate>) -> Result<Option<Arc<dyn BlockTemplate>>> {
        let waiting = Arc::clone(template);
        let wait = || template.wait_next(BlockWaitOptions::default());
        Ok(self.stop.wait(move || report(in_time(|| waiting.interrupt_wait())), wait).transpose()?.flatten())
    }
}

/// A call that waits for nobody: a node that does not answer it is out of order.
fn in_time<T>(call: impl FnOnce() -> T) -> T {
    ipc::deadline(GRACE, call)
}

fn report(interrupted: Result<()>) {
    if let Err(error) = interrupted {
        tracing::warn!(target: "miner", %error, "a wait cannot be interrupted");
    }
}
