//! From a connection to a wallet.

use std::sync::Arc;

use ipc_core::Result;
use ipc_macros::interface;

use super::{Wallet, WalletError};
use crate::node::{Chain, Handler};

/// Where a connection to a wallet process begins.
#[interface(bootstrap)]
pub trait WalletInit: Send + Sync {
    /// The process's wallets, which follow that chain from now on.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn make_loader(&self, chain: Arc<dyn Chain>) -> Result<Arc<dyn WalletLoader>>;
}

/// The wallets of a process.
#[interface]
pub trait WalletLoader: Send + Sync {
    /// Makes a new wallet with keys of its own.
    ///
    /// # Errors
    ///
    /// [`WalletError::Exists`].
    fn create(&self, name: String) -> Result<Arc<dyn Wallet>, WalletError>;

    /// Loads a wallet that was made earlier; one that is loaded already is that one again.
    ///
    /// # Errors
    ///
    /// [`WalletError::Unknown`].
    fn load(&self, name: String) -> Result<Arc<dyn Wallet>, WalletError>;

    /// The names of all wallets that can be loaded, in order.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn names(&self) -> Result<Vec<String>>;

    /// The wallets that are loaded.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn loaded(&self) -> Result<Vec<Arc<dyn Wallet>>>;

    /// Calls `loaded` for each wallet that is loaded from now on, until the returned handler is dropped or disconnected.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn on_load(&self, loaded: OnWallet) -> Result<Arc<dyn Handler>>;
}

/// What [`WalletLoader::on_load`] calls.
pub type OnWallet = Arc<dyn Fn(Arc<dyn Wallet>) -> Result<()> + Send + Sync>;
