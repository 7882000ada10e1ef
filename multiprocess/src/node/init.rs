//! Where a connection to the node begins.

use std::sync::Arc;

use interfaces::{
    bitcoin_core::{self, Echo, Mining, Rpc},
    node::{Chain, Init, Node, NodeError, NodeOptions},
};
use ipc::{Exception, ExceptionKind, Result};

use super::{
    bitcoin_core::{EchoObject, MiningObject, RpcObject, Shared},
    chain::ChainObject,
    control::NodeObject,
    process::NodeProcess,
};

/// Serves [`Init`].
pub(super) struct InitObject {
    process: Arc<NodeProcess>,
}

impl InitObject {
    pub(super) fn new(process: Arc<NodeProcess>) -> Self {
        Self { process }
    }

    fn shared(&self) -> Result<Shared> {
        Ok(Shared { chain: self.process.chain()?, shutdown: self.process.shutdown().clone() })
    }
}

impl Init for InitObject {
    fn start(&self, options: NodeOptions) -> Result<(), NodeError> {
        self.process.start(options)
    }

    fn make_chain(&self) -> Result<Arc<dyn Chain>> {
        Ok(Arc::new(ChainObject::new(self.process.chain()?, self.process.shutdown().clone())))
    }

    fn make_node(&self) -> Result<Arc<dyn Node>> {
        Ok(Arc::new(NodeObject::new(Arc::clone(&self.process))))
    }
}

impl bitcoin_core::Init for InitObject {
    fn make_echo(&self) -> Result<Arc<dyn Echo>> {
        Ok(Arc::new(EchoObject))
    }

    fn make_mining(&self) -> Result<Arc<dyn Mining>> {
        Ok(Arc::new(MiningObject::new(self.shared()?)))
    }

    fn make_rpc(&self) -> Result<Arc<dyn Rpc>> {
        Ok(Arc::new(RpcObject::new(self.shared()?, self.process.since())))
    }

    fn make_mining_old2(&self) -> Result<()> {
        let message = "makeMining @2 is served no more: expected makeMining @3, of Bitcoin Core 31 and newer";
        Err(Exception::new(ExceptionKind::Remote, message))
    }
}
