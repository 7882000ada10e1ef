//! The node, as those who control it see it.

use std::time::SystemTime;

use bitcoin::{BlockHash, Network};
use ipc_core::Result;
use ipc_macros::{Value, interface};

use super::NodeError;
use crate::values;

/// A running node.
#[interface]
pub trait Node: Send + Sync {
    /// What it is and where it runs.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn info(&self) -> Result<NodeInfo>;

    /// Whose chain it holds.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(with = values::network)]
    fn network(&self) -> Result<Network>;

    /// Mines blocks on top of the chain, and answers with their hashes when all are there.
    ///
    /// # Errors
    ///
    /// [`NodeError::CannotMine`] on any network but regtest, [`NodeError::TooMany`] for more blocks than one call may ask
    /// for, [`NodeError::ShuttingDown`] if the node stops before it is done.
    #[method(with = list(values::block_hash))]
    fn generate(&self, count: u32) -> Result<Vec<BlockHash>, NodeError>;

    /// Asks the node to shut down, and does not wait for it.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn request_shutdown(&self) -> Result<()>;
}

/// What a node is and where it runs.
#[derive(Clone, Debug, PartialEq, Eq, Value)]
pub struct NodeInfo {
    /// The program and its version.
    pub version: String,
    /// The number of its process.
    pub pid: u32,
    /// Whose chain it holds.
    #[value(with = values::network)]
    pub network: Network,
    /// Since when it runs.
    pub started: SystemTime,
}
