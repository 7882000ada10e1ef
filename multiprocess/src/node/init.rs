//! Where a connection to the node begins.

use std::sync::Arc;

use interfaces::node::{Chain, Init, Node, NodeError, NodeOptions};
use ipc::Result;

use super::{chain::ChainObject, control::NodeObject, process::NodeProcess};

/// Serves [`Init`].
pub(super) struct InitObject {
    process: Arc<NodeProcess>,
}

impl InitObject {
    pub(super) fn new(process: Arc<NodeProcess>) -> Self {
        Self { process }
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
