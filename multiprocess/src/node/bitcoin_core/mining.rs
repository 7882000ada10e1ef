//! Templates and the tip, for miners.

use std::{sync::Arc, time::Duration};

use bitcoin::{Block, BlockHash, Network, Transaction, Txid, Weight, Wtxid};
use interfaces::{
    bitcoin_core::{BlockCheckOptions, BlockCreateOptions, BlockRef, BlockTemplate, Mining, Verdict},
    node::BlockInfo,
};
use ipc::Result;

use super::{Shared, interrupt::Interrupt, refused, template::TemplateObject};
use crate::chain::{Checks, Invalid, Waited};

/// The least weight that a template leaves for its coinbase.
const LEAST_RESERVED: u64 = 2000;

/// The most signature operations of a block.
const MOST_SIGOPS: u64 = 80_000;

/// Serves [`Mining`].
pub(in crate::node) struct MiningObject {
    shared: Shared,
    interrupt: Interrupt,
}

impl MiningObject {
    pub(in crate::node) fn new(shared: Shared) -> Self {
        Self { shared, interrupt: Interrupt::default() }
    }

    /// Waits until no blocks are missing; says whether that is so.
    fn is_in_step(&self) -> bool {
        let wanted = |_: &BlockInfo| !self.shared.is_behind();
        matches!(self.shared.wait_for_tip(&self.interrupt, wanted, None), Waited::Changed(_))
    }
}

impl Mining for MiningObject {
    fn is_test_chain(&self) -> Result<bool> {
        Ok(self.shared.chain.network() != Network::Bitcoin)
    }

    fn is_initial_block_download(&self) -> Result<bool> {
        Ok(self.shared.is_behind())
    }

    fn get_tip(&self) -> Result<Option<BlockRef>> {
        Ok(Some(reference(&self.shared.chain.tip())))
    }

    fn wait_tip_changed(&self, current_tip: BlockHash, timeout: Option<Duration>) -> Result<Option<BlockRef>> {
        let changed = |tip: &BlockInfo| tip.hash != current_tip;
        Ok(match self.shared.wait_for_tip(&self.interrupt, changed, timeout) {
            Waited::Changed(tip) | Waited::TimedOut(tip) => Some(reference(&tip)),
            Waited::Ended => None,
        })
    }

    fn create_new_block(&self, options: BlockCreateOptions, cooldown: bool) -> Result<Option<Arc<dyn BlockTemplate>>> {
        check(options)?;
        if cooldown && !self.is_in_step() {
            return Ok(None);
        }
        Ok(Some(Arc::new(TemplateObject::new(self.shared.clone()))))
    }

    fn check_block(&self, block: Block, options: BlockCheckOptions) -> Result<Verdict> {
        let checks = Checks { merkle_root: options.check_merkle_root, pow: options.check_pow };
        Ok(match self.shared.chain.check(&block, checks) {
            Ok(()) => Verdict::Accepted,
            Err(Invalid::NotOnTip) => Verdict::Rejected {
                reason: "inconclusive-not-best-prevblk".into(),
                debug: "block is not built on tip".into(),
            },
            Err(invalid) => invalid.into(),
        })
    }

    fn interrupt(&self) -> Result<()> {
        self.interrupt.interrupt();
        self.shared.chain.wake();
        Ok(())
    }

    fn submit_block(&self, block: Block) -> Result<Verdict> {
        Ok(self.shared.chain.take(block).map_or_else(Into::into, |_| Verdict::Accepted))
    }

    /// There is no mempool.
    fn get_transactions_by_txid(&self, txids: Vec<Txid>) -> Result<Vec<Option<Transaction>>> {
        Ok(vec![None; txids.len()])
    }

    fn get_transactions_by_witness_id(&self, wtxids: Vec<Wtxid>) -> Result<Vec<Option<Transaction>>> {
        Ok(vec![None; wtxids.len()])
    }
}

fn check(options: BlockCreateOptions) -> Result<()> {
    let BlockCreateOptions { block_reserved_weight: weight, coinbase_output_max_additional_sigops: sigops, .. } =
        options;
    let most = Weight::MAX_BLOCK.to_wu();
    if !(LEAST_RESERVED..=most).contains(&weight) {
        return Err(refused(format!("expected a reserved weight from {LEAST_RESERVED} to {most}, got {weight}")));
    }
    if sigops > MOST_SIGOPS {
        return Err(refused(format!("expected at most {MOST_SIGOPS} signature operations, got {sigops}")));
    }
    Ok(())
}

fn reference(block: &BlockInfo) -> BlockRef {
    BlockRef { hash: block.hash, height: block.height }
}
