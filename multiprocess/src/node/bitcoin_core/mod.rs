//! What Bitcoin Core's clients ask a node for, served over the node's real chain.

mod echo;
mod interrupt;
mod mining;
mod rpc;
mod template;

use std::sync::Arc;

use bitcoin::Network;
use ipc::{Exception, ExceptionKind};

use self::interrupt::Wait;
pub(super) use self::{echo::EchoObject, mining::MiningObject, rpc::RpcObject};
use super::shutdown::Shutdown;
use crate::chain::Chain;

/// What the objects share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) chain: Arc<Chain>,
    pub(super) shutdown: Shutdown,
}

impl Shared {
    /// Whether a wait is over: because of the client, or of the node.
    fn ends(&self, wait: &Wait<'_>) -> bool {
        wait.is_ended() || self.shutdown.is_requested()
    }

    /// Whether blocks are missing that others have: this node talks to nobody, so that on any network but its own it only
    /// ever has the first block.
    fn is_behind(&self) -> bool {
        self.chain.network() != Network::Regtest
    }
}

/// What a client gets whose request makes no sense.
fn refused(message: impl Into<String>) -> Exception {
    Exception::new(ExceptionKind::Remote, message)
}
