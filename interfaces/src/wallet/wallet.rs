//! One wallet.

use std::sync::Arc;

use bitcoin::Txid;
use ipc_core::Result;
use ipc_macros::interface;

use super::{Balance, Change, Recipient, WalletError, WalletTransaction};
use crate::{node::Handler, values};

/// A wallet: keys, and the transactions that concern them.
#[interface]
pub trait Wallet: Send + Sync {
    /// Its name.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn name(&self) -> Result<String>;

    /// An address that was not given out before, as people write it.
    ///
    /// # Errors
    ///
    /// [`WalletError::Locked`] if the wallet must be unlocked to make a new one.
    fn new_address(&self, label: String) -> Result<String, WalletError>;

    /// What it holds.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn balance(&self) -> Result<Balance, WalletError>;

    /// A transaction of the wallet; `None` if it does not concern it.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn transaction(&self, #[value(with = values::txid)] txid: Txid) -> Result<Option<WalletTransaction>, WalletError>;

    /// The latest transactions, the newest first, at most `most`.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn transactions(&self, most: u32) -> Result<Vec<WalletTransaction>, WalletError>;

    /// Pays, and answers with the transaction's id once it is on its way.
    ///
    /// # Errors
    ///
    /// [`WalletError::InsufficientFunds`], [`WalletError::InvalidAddress`], [`WalletError::Locked`].
    #[method(with = values::txid)]
    fn send(&self, recipients: Vec<Recipient>) -> Result<Txid, WalletError>;

    /// Calls `observer` when something changes, until the returned handler is dropped or disconnected.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn observe(&self, observer: Arc<dyn WalletObserver>) -> Result<Arc<dyn Handler>, WalletError>;
}

/// Is told when something in a wallet changes.
#[interface]
pub trait WalletObserver: Send + Sync {
    /// A transaction is new, has another state, or is gone.
    ///
    /// # Errors
    ///
    /// Any, to be told no more.
    fn transaction_changed(&self, #[value(with = values::txid)] txid: Txid, change: Change) -> Result<()>;

    /// The wallet holds more, or less.
    ///
    /// # Errors
    ///
    /// Any, to be told no more.
    fn balance_changed(&self, balance: Balance) -> Result<()>;

    /// The wallet is no longer loaded. This is the last call.
    ///
    /// # Errors
    ///
    /// None that matters.
    fn unloaded(&self) -> Result<()>;
}
