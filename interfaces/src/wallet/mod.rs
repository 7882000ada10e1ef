//! What a wallet process offers: [`WalletInit`] is where a connection begins, [`WalletLoader`] holds the wallets, a
//! [`Wallet`] has keys and knows its transactions.
//!
//! A wallet process holds no blocks. It is given a [`Chain`](crate::node::Chain), and asks that.

mod errors;
mod loader;
mod transactions;
#[allow(clippy::module_inception, reason = "the trait that the module is named after")]
mod wallet;

pub use errors::WalletError;
pub use loader::{OnWallet, WalletInit, WalletLoader};
pub use transactions::{Balance, Change, Recipient, WalletTransaction};
pub use wallet::{Wallet, WalletObserver};
