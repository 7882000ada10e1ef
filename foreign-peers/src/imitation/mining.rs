//! Templates and the tip.

use std::{future::pending, rc::Rc};

use bitcoin::{Network, consensus::encode::serialize, constants::genesis_block};
use bitcoin_capnp_types::{
    capnp::Error,
    capnp_rpc::new_client,
    mining_capnp::{block_template, mining},
};

use super::{Mood, Shared, init::Echo, template::Template};

type Result<T> = std::result::Result<T, Error>;

pub(super) struct Mining(pub(super) Rc<Shared>);

impl mining::Server for Mining {
    async fn is_test_chain(
        self: Rc<Self>,
        params: mining::IsTestChainParams,
        mut results: mining::IsTestChainResults,
    ) -> Result<()> {
        let _running = self.0.threads.enter("isTestChain", params.get()?.get_context()).await?;
        results.get().set_result(true);
        Ok(())
    }

    async fn get_tip(self: Rc<Self>, params: mining::GetTipParams, mut results: mining::GetTipResults) -> Result<()> {
        let _running = self.0.threads.enter("getTip", params.get()?.get_context()).await?;
        let hash = serialize(&genesis_block(Network::Regtest).block_hash());
        let confused = self.0.mood == Mood::Confused;
        let mut tip = results.get().init_result();
        tip.set_hash(&hash[usize::from(confused)..]);
        tip.set_height(7);
        results.get().set_has_result(true);
        Ok(())
    }

    /// The tip never changes.
    async fn wait_tip_changed(
        self: Rc<Self>,
        params: mining::WaitTipChangedParams,
        mut results: mining::WaitTipChangedResults,
    ) -> Result<()> {
        let _running = self.0.threads.enter("waitTipChanged", params.get()?.get_context()).await?;
        let params = params.get()?;
        match params.get_timeout() {
            f64::MAX => Ok(()),
            limit => {
                let mut tip = results.get().init_result();
                tip.set_hash(params.get_current_tip()?);
                tip.set_height(limit as i32);
                Ok(())
            }
        }
    }

    async fn create_new_block(
        self: Rc<Self>,
        params: mining::CreateNewBlockParams,
        mut results: mining::CreateNewBlockResults,
    ) -> Result<()> {
        let _running = self.0.threads.enter("createNewBlock", params.get()?.get_context()).await?;
        match self.0.mood {
            Mood::Silent => pending().await,
            Mood::Confused => {
                let other: bitcoin_capnp_types::echo_capnp::echo::Client = new_client(Echo(self.0.clone()));
                results.get().set_result(block_template::Client { client: other.client });
            }
            _ => results.get().set_result(new_client(Template(self.0.clone()))),
        }
        Ok(())
    }

    async fn check_block(
        self: Rc<Self>,
        params: mining::CheckBlockParams,
        mut results: mining::CheckBlockResults,
    ) -> Result<()> {
        let _running = self.0.threads.enter("checkBlock", params.get()?.get_context()).await?;
        let options = params.get()?.get_options()?;
        results.get().set_reason("high-hash");
        results.get().set_debug(format!("{} {}", options.get_check_merkle_root(), options.get_check_pow()));
        Ok(())
    }
}
