//! Where a connection begins; `init.capnp` in Bitcoin Core.

use std::sync::Arc;

use ipc_core::Result;
use ipc_macros::interface;

use super::{Echo, Mining, Rpc};

/// Makes the objects that a node offers.
///
/// Each method makes one more object; objects of one kind share nothing but the node.
#[interface(bootstrap, id = 0x8838_c700_ba5c_ba65)]
pub trait Init: Send + Sync {
    /// What a connection can be tried out with.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(ordinal = 1)]
    fn make_echo(&self) -> Result<Arc<dyn Echo>>;

    /// Block templates and the tip of the chain. A node that starts answers when its chain is loaded.
    ///
    /// # Errors
    ///
    /// `Unimplemented` before Bitcoin Core 31.
    #[method(ordinal = 3, since = "31")]
    fn make_mining(&self) -> Result<Arc<dyn Mining>>;

    /// The node's JSON-RPC.
    ///
    /// # Errors
    ///
    /// `Unimplemented` before Bitcoin Core 32.
    #[method(ordinal = 4, since = "32")]
    fn make_rpc(&self) -> Result<Arc<dyn Rpc>>;

    /// Keeps the ordinal of what made another `Mining` in Bitcoin Core 30.
    ///
    /// # Errors
    ///
    /// Always: `Remote` from a node of version 31 or newer.
    #[deprecated = "serves nobody any more: use `make_mining`"]
    #[method(ordinal = 2, no_context)]
    fn make_mining_old2(&self) -> Result<()>;
}
