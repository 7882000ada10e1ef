//! A block that is still to be mined.

use std::{sync::Arc, time::Duration};

use bitcoin::{
    Amount, Block, Transaction, TxMerkleNode,
    block::{Header, Version},
};
use interfaces::{
    bitcoin_core::{BlockTemplate, BlockWaitOptions, CoinbaseTx, Solution, Verdict},
    node::BlockInfo,
};
use ipc::Result;

use super::{Shared, interrupt::Interrupt, refused};
use crate::chain::{Template, Waited};

/// How often the fees are looked at.
const FEE_INTERVAL: Duration = Duration::from_secs(1);

/// Serves [`BlockTemplate`].
pub(super) struct TemplateObject {
    shared: Shared,
    template: Template,
    interrupt: Interrupt,
}

impl TemplateObject {
    /// One for the block after the tip.
    pub(super) fn new(shared: Shared) -> Self {
        let template = shared.chain.template();
        Self { shared, template, interrupt: Interrupt::default() }
    }
}

impl BlockTemplate for TemplateObject {
    fn get_block_header(&self) -> Result<Header> {
        Ok(self.template.header())
    }

    fn get_block(&self) -> Result<Block> {
        Ok(self.template.block())
    }

    /// There are no payments, and so no fees.
    fn get_tx_fees(&self) -> Result<Vec<Amount>> {
        Ok(Vec::new())
    }

    fn get_tx_sigops(&self) -> Result<Vec<i64>> {
        Ok(Vec::new())
    }

    fn get_coinbase_tx(&self) -> Result<CoinbaseTx> {
        Ok(self.template.coinbase().clone())
    }

    /// The coinbase alone is the root.
    fn get_coinbase_merkle_path(&self) -> Result<Vec<TxMerkleNode>> {
        Ok(Vec::new())
    }

    fn submit_solution(&self, version: Version, timestamp: u32, nonce: u32, coinbase: Transaction) -> Result<Verdict> {
        let block = self.template.solved(Solution { version, timestamp, nonce, coinbase });
        Ok(self.shared.chain.take(block).map_or_else(Into::into, |_| Verdict::Accepted))
    }

    fn wait_next(&self, options: BlockWaitOptions) -> Result<Option<Arc<dyn BlockTemplate>>> {
        // Without payments the fees never rise; but by nothing at all they have when they are looked at.
        let by_fees =
            options.fee_threshold == Amount::ZERO && options.timeout.is_none_or(|limit| limit >= FEE_INTERVAL);
        let limit = if by_fees { Some(FEE_INTERVAL) } else { options.timeout };
        let old = self.template.header().prev_blockhash;
        let changed = |tip: &BlockInfo| tip.hash != old;
        let next = match self.shared.wait_for_tip(&self.interrupt, changed, limit) {
            Waited::Changed(_) => true,
            Waited::TimedOut(_) => by_fees,
            Waited::Ended => false,
        };
        Ok(next.then(|| Arc::new(Self::new(self.shared.clone())) as Arc<dyn BlockTemplate>))
    }

    fn interrupt_wait(&self) -> Result<()> {
        self.interrupt.interrupt();
        self.shared.chain.wake();
        Ok(())
    }

    fn submit_solution_old7(&self, _: Version, _: u32, _: u32, _: Transaction) -> Result<bool> {
        Err(refused(
            "submitSolution @7 is served no more: expected submitSolution @10, which says why a block is rejected",
        ))
    }
}
