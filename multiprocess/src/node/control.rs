//! The node, as those who control it see it.

use std::sync::Arc;

use bitcoin::{BlockHash, Network};
use interfaces::node::{Node, NodeError, NodeInfo};
use ipc::Result;

use super::process::NodeProcess;

/// Serves [`Node`].
pub(super) struct NodeObject {
    process: Arc<NodeProcess>,
}

impl NodeObject {
    pub(super) fn new(process: Arc<NodeProcess>) -> Self {
        Self { process }
    }
}

impl Node for NodeObject {
    fn info(&self) -> Result<NodeInfo> {
        Ok(NodeInfo {
            version: concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).into(),
            pid: std::process::id(),
            network: self.network()?,
            started: self.process.since(),
        })
    }

    fn network(&self) -> Result<Network> {
        Ok(self.process.chain()?.network())
    }

    fn generate(&self, count: u32) -> Result<Vec<BlockHash>, NodeError> {
        let chain = self.process.chain()?;
        self.process.generate(&chain, count)
    }

    fn request_shutdown(&self) -> Result<()> {
        self.process.shutdown().request();
        Ok(())
    }
}
