//! Where a connection begins.

use std::rc::Rc;

use bitcoin_capnp_types::{capnp::Error, capnp_rpc::new_client, echo_capnp::echo, init_capnp::init, rpc_capnp::rpc};

use super::{Mood, Shared, mining::Mining, threads::ThreadMap};

type Result<T> = std::result::Result<T, Error>;

pub(super) struct Init(pub(super) Rc<Shared>);

impl init::Server for Init {
    async fn construct(self: Rc<Self>, _: init::ConstructParams, mut results: init::ConstructResults) -> Result<()> {
        results.get().set_thread_map(new_client(ThreadMap(self.0.clone())));
        Ok(())
    }

    async fn make_echo(self: Rc<Self>, params: init::MakeEchoParams, mut results: init::MakeEchoResults) -> Result<()> {
        let _running = self.0.threads.enter("makeEcho", params.get()?.get_context()).await?;
        results.get().set_result(new_client(Echo(self.0.clone())));
        Ok(())
    }

    async fn make_mining(
        self: Rc<Self>,
        params: init::MakeMiningParams,
        mut results: init::MakeMiningResults,
    ) -> Result<()> {
        let _running = self.0.threads.enter("makeMining", params.get()?.get_context()).await?;
        results.get().set_result(new_client(Mining(self.0.clone())));
        Ok(())
    }

    async fn make_rpc(self: Rc<Self>, params: init::MakeRpcParams, mut results: init::MakeRpcResults) -> Result<()> {
        let _running = self.0.threads.enter("makeRpc", params.get()?.get_context()).await?;
        match self.0.mood {
            // No object at all.
            Mood::Confused => Ok(()),
            _ => {
                results.get().set_result(new_client(Rpc(self.0.clone())));
                Ok(())
            }
        }
    }
}

pub(super) struct Echo(pub(super) Rc<Shared>);

impl echo::Server for Echo {
    async fn echo(self: Rc<Self>, params: echo::EchoParams, mut results: echo::EchoResults) -> Result<()> {
        let _running = self.0.threads.enter("echo", params.get()?.get_context()).await?;
        results.get().set_result(params.get()?.get_echo()?);
        Ok(())
    }

    async fn destroy(self: Rc<Self>, params: echo::DestroyParams, _: echo::DestroyResults) -> Result<()> {
        let _running = self.0.threads.enter("destroy", params.get()?.get_context()).await?;
        Ok(())
    }
}

struct Rpc(Rc<Shared>);

impl rpc::Server for Rpc {
    async fn execute_rpc(
        self: Rc<Self>,
        params: rpc::ExecuteRpcParams,
        mut results: rpc::ExecuteRpcResults,
    ) -> Result<()> {
        let _running = self.0.threads.enter("executeRpc", params.get()?.get_context()).await?;
        let params = params.get()?;
        let text = [params.get_request()?, params.get_uri()?, params.get_user()?];
        let text = text.map(|text| text.to_string().unwrap_or_default()).join(" ");
        results.get().set_result(&*text);
        Ok(())
    }
}
