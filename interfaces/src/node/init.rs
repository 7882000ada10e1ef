//! Where a connection to a node begins.

use std::{sync::Arc, time::Duration};

use bitcoin::Network;
use ipc_core::Result;
use ipc_macros::{Value, interface};

use super::{Chain, Node, NodeError};
use crate::{bitcoin_core, values};

/// Makes the objects that a node offers; those of Bitcoin Core among them, so that its clients find them at the same socket.
#[interface]
pub trait Init: bitcoin_core::Init {
    /// Gives a node its options, before anything else is asked of it.
    ///
    /// A node that was spawned has no other command line than the number of its socket, as in Bitcoin Core's design: its
    /// parent tells it here what to be. Without this, it starts with the default options as soon as something is asked of
    /// it.
    ///
    /// # Errors
    ///
    /// [`NodeError::AlreadyStarted`] if it has its options from a command line, or from an earlier call;
    /// [`NodeError::CannotMine`] and [`NodeError::UnknownCategory`] for options that no node can follow.
    fn start(&self, options: NodeOptions) -> Result<(), NodeError>;

    /// The node's chain.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn make_chain(&self) -> Result<Arc<dyn Chain>>;

    /// The node itself, to be controlled.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    fn make_node(&self) -> Result<Arc<dyn Node>>;
}

/// What a node can be told when it starts.
#[derive(Clone, Debug, PartialEq, Eq, Value)]
pub struct NodeOptions {
    /// Whose chain it holds.
    #[value(with = values::network)]
    pub network: Network,
    /// How many blocks it mines at once, on regtest.
    pub mine: u32,
    /// How long it waits between blocks that it mines of its own accord, on regtest; `None` if it never does.
    pub mine_every: Option<Duration>,
    /// The categories of debug messages that it prints, such as `ipc`.
    pub debug: Vec<String>,
}

impl Default for NodeOptions {
    /// Mainnet, and nothing mined.
    fn default() -> Self {
        Self { network: Network::Bitcoin, mine: 0, mine_every: None, debug: Vec::new() }
    }
}
