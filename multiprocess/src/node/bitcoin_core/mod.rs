//! What Bitcoin Core's clients ask a node for, served over the node's real chain.

mod echo;
mod interrupt;
mod mining;
mod rpc;
mod template;

use std::{sync::Arc, time::Duration};

use bitcoin::Network;
use interfaces::node::BlockInfo;
use ipc::{Exception, ExceptionKind};

use self::interrupt::Interrupt;
pub(super) use self::{echo::EchoObject, mining::MiningObject, rpc::RpcObject};
use super::shutdown::Shutdown;
use crate::chain::{Chain, Waited};

/// What the objects share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) chain: Arc<Chain>,
    pub(super) shutdown: Shutdown,
}

impl Shared {
    /// Waits until the tip is `wanted`, for a limited time or without end, unless the client interrupts that or is gone, or
    /// the node ends.
    fn wait_for_tip(
        &self,
        interrupt: &Interrupt,
        wanted: impl Fn(&BlockInfo) -> bool,
        limit: Option<Duration>,
    ) -> Waited {
        let (wait, caller) = (interrupt.wait(), ipc::caller());
        let chain = Arc::clone(&self.chain);
        let _woken = caller.on_gone(move || chain.wake());
        let ended = || wait.is_ended() || caller.is_gone() || self.shutdown.is_requested();
        self.chain.wait_for_tip(wanted, limit, ended)
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
