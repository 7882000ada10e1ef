//! What can be wrong with a call to a wallet, beside the connection.

use std::{error::Error, fmt};

use bitcoin::Amount;
use ipc_core::Exception;
use ipc_macros::Value;

use crate::values;

/// Why a wallet does not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Value)]
pub enum WalletError {
    /// There is no wallet of that name.
    Unknown {
        /// The name.
        name: String,
    },
    /// There is a wallet of that name already.
    Exists {
        /// The name.
        name: String,
    },
    /// It is encrypted, and its keys are needed.
    Locked,
    /// It can't pay that.
    InsufficientFunds {
        /// What it would need, the fee included.
        #[value(with = values::amount)]
        needed: Amount,
        /// What it has.
        #[value(with = values::amount)]
        available: Amount,
    },
    /// That is no address of the wallet's network.
    InvalidAddress {
        /// What was given.
        address: String,
    },
    /// The call itself failed.
    #[value(exception)]
    Ipc(Exception),
}

impl fmt::Display for WalletError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "there is no wallet {name:?}"),
            Self::Exists { name } => write!(f, "there is a wallet {name:?} already"),
            Self::Locked => f.write_str("the wallet is locked: its passphrase is needed"),
            Self::InsufficientFunds { needed, available } => {
                write!(f, "the wallet has {available}, and would need {needed}")
            }
            Self::InvalidAddress { address } => write!(f, "{address:?} is no address of this network"),
            Self::Ipc(exception) => exception.fmt(f),
        }
    }
}

impl Error for WalletError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        if let Self::Ipc(exception) = self { exception.source() } else { None }
    }
}

impl From<Exception> for WalletError {
    fn from(exception: Exception) -> Self {
        Self::Ipc(exception)
    }
}
