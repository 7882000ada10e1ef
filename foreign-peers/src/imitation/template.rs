//! A block template.

use std::{future::pending, rc::Rc};

use bitcoin::{Network, consensus::encode::serialize, constants::genesis_block};
use bitcoin_capnp_types::{capnp::Error, capnp_rpc::new_client, mining_capnp::block_template as api};

use super::{Mood, Shared};

type Result<T> = std::result::Result<T, Error>;

/// More than a message may have.
const TOO_LARGE: usize = 80 << 20;

pub(super) struct Template(pub(super) Rc<Shared>);

impl api::Server for Template {
    async fn destroy(self: Rc<Self>, params: api::DestroyParams, _: api::DestroyResults) -> Result<()> {
        let _running = self.0.threads.enter("destroy", params.get()?.get_context()).await?;
        self.0.journal.note(|seen| seen.destroyed += 1);
        Ok(())
    }

    async fn get_block_header(
        self: Rc<Self>,
        params: api::GetBlockHeaderParams,
        mut results: api::GetBlockHeaderResults,
    ) -> Result<()> {
        let _running = self.0.threads.enter("getBlockHeader", params.get()?.get_context()).await?;
        results.get().set_result(&serialize(&genesis_block(Network::Regtest).header));
        Ok(())
    }

    async fn get_block(self: Rc<Self>, params: api::GetBlockParams, mut results: api::GetBlockResults) -> Result<()> {
        let _running = self.0.threads.enter("getBlock", params.get()?.get_context()).await?;
        if self.0.mood == Mood::Boundless {
            results.get().init_result(TOO_LARGE as u32);
        } else {
            results.get().set_result(&serialize(&genesis_block(Network::Regtest)));
        }
        Ok(())
    }

    async fn get_tx_fees(
        self: Rc<Self>,
        params: api::GetTxFeesParams,
        mut results: api::GetTxFeesResults,
    ) -> Result<()> {
        let _running = self.0.threads.enter("getTxFees", params.get()?.get_context()).await?;
        results.get().init_result(1).set(0, 1_234);
        Ok(())
    }

    async fn get_coinbase_tx(
        self: Rc<Self>,
        params: api::GetCoinbaseTxParams,
        mut results: api::GetCoinbaseTxResults,
    ) -> Result<()> {
        let _running = self.0.threads.enter("getCoinbaseTx", params.get()?.get_context()).await?;
        let mut parts = results.get().init_result();
        parts.set_version(2);
        parts.set_sequence(0xffff_fffe);
        parts.set_script_sig_prefix(&[0x57]);
        parts.set_block_reward_remaining(5_000_000_000);
        parts.set_lock_time(6);
        Ok(())
    }

    async fn submit_solution(
        self: Rc<Self>,
        params: api::SubmitSolutionParams,
        mut results: api::SubmitSolutionResults,
    ) -> Result<()> {
        let _running = self.0.threads.enter("submitSolution", params.get()?.get_context()).await?;
        let params = params.get()?;
        results.get().set_reason("told");
        results.get().set_debug(format!(
            "{:#x} {} {}",
            params.get_version(),
            params.get_timestamp(),
            params.get_nonce()
        ));
        Ok(())
    }

    async fn wait_next(self: Rc<Self>, params: api::WaitNextParams, mut results: api::WaitNextResults) -> Result<()> {
        let _running = self.0.threads.enter("waitNext", params.get()?.get_context()).await?;
        match (self.0.mood, params.get()?.get_options()?.get_timeout()) {
            (Mood::Leaving, _) => {
                self.0.close.notify_one();
                pending().await
            }
            (_, f64::MAX) => {
                results.get().set_result(new_client(Self(self.0.clone())));
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
