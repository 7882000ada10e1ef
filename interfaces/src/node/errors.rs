//! What can be wrong with a call to a node, beside the connection.

use std::{error::Error, fmt};

use bitcoin::{BlockHash, Network};
use ipc_core::Exception;
use ipc_macros::Value;

use crate::values;

/// Why a [`Chain`](super::Chain) has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Value)]
pub enum ChainError {
    /// The chain does not reach that height.
    UnknownHeight {
        /// The height that was asked for.
        height: u32,
        /// The height of the last block.
        tip: u32,
    },
    /// No block has that hash.
    UnknownBlock {
        /// The hash that was asked for.
        #[value(with = values::block_hash)]
        hash: BlockHash,
    },
    /// The call itself failed.
    #[value(exception)]
    Ipc(Exception),
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownHeight { height, tip } => {
                write!(f, "there is no block at height {height}: the last one, the tip, has height {tip}")
            }
            Self::UnknownBlock { hash } => write!(f, "there is no block with the hash {hash}"),
            Self::Ipc(exception) => exception.fmt(f),
        }
    }
}

/// Why a [`Node`](super::Node) does not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Value)]
pub enum NodeError {
    /// The node has its options already.
    AlreadyStarted {
        /// The network that it is on.
        #[value(with = values::network)]
        network: Network,
    },
    /// Blocks are mined at will on regtest only.
    CannotMine {
        /// The network that was meant.
        #[value(with = values::network)]
        network: Network,
    },
    /// More blocks than one call may ask for.
    TooMany {
        /// How many were asked for.
        count: u32,
        /// How many may be.
        most: u32,
    },
    /// There are no debug messages of that category.
    UnknownCategory {
        /// What was asked for.
        category: String,
    },
    /// The node stops.
    ShuttingDown,
    /// The call itself failed.
    #[value(exception)]
    Ipc(Exception),
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyStarted { network } => write!(f, "the node has started already, on {}", name(*network)),
            Self::CannotMine { network } => {
                write!(f, "blocks are mined at will on regtest only, this node is on {}", name(*network))
            }
            Self::TooMany { count, most } => write!(f, "{count} blocks are too many at once: expected at most {most}"),
            Self::UnknownCategory { category } => {
                write!(f, "there are no debug messages of the category {category:?}: expected \"ipc\"")
            }
            Self::ShuttingDown => f.write_str("the node is shutting down"),
            Self::Ipc(exception) => exception.fmt(f),
        }
    }
}

/// As people call it.
fn name(network: Network) -> String {
    if network == Network::Bitcoin { "mainnet".into() } else { network.to_string() }
}

impl Error for ChainError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        if let Self::Ipc(exception) = self { exception.source() } else { None }
    }
}

impl Error for NodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        if let Self::Ipc(exception) = self { exception.source() } else { None }
    }
}

impl From<Exception> for ChainError {
    fn from(exception: Exception) -> Self {
        Self::Ipc(exception)
    }
}

impl From<Exception> for NodeError {
    fn from(exception: Exception) -> Self {
        Self::Ipc(exception)
    }
}
