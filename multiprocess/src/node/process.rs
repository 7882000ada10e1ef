//! What all objects of a node process share.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, SystemTime},
};

use bitcoin::{BlockHash, Network};
use clap::ValueEnum;
use interfaces::node::{NodeError, NodeOptions};
use ipc::{Exception, ExceptionKind};

use super::shutdown::Shutdown;
use crate::{chain::Chain, cli::Category, log};

/// The most blocks that one call may ask for: a second or two of work.
const MOST_BLOCKS: u32 = 100_000;

/// A node process: nothing until it is started, then a chain.
#[derive(Debug)]
pub(super) struct NodeProcess {
    shutdown: Shutdown,
    since: SystemTime,
    chain: Mutex<Option<Arc<Chain>>>,
}

impl NodeProcess {
    /// One that has no options yet.
    pub(super) fn new(shutdown: Shutdown) -> Self {
        Self { shutdown, since: SystemTime::now(), chain: Mutex::new(None) }
    }

    /// Since when it runs.
    pub(super) fn since(&self) -> SystemTime {
        self.since
    }

    pub(super) fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// Starts it with these options, and mines the blocks that they ask for.
    ///
    /// # Errors
    ///
    /// If it has started already, or can't follow the options.
    pub(super) fn start(&self, options: NodeOptions) -> Result<(), NodeError> {
        // Held to the end: who asks for the chain meanwhile gets it with all its blocks.
        let mut started = self.chain.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(chain) = &*started {
            return Err(NodeError::AlreadyStarted { network: chain.network() });
        }
        let chain = self.chain_with(options)?;
        *started = Some(chain);
        Ok(())
    }

    /// The chain; a node that nobody has started yet starts with the default options.
    ///
    /// # Errors
    ///
    /// None in practice: the defaults ask for nothing that can fail.
    pub(super) fn chain(&self) -> Result<Arc<Chain>, Exception> {
        let mut started = self.chain.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(chain) = &*started {
            return Ok(Arc::clone(chain));
        }
        let chain = self.chain_with(NodeOptions::default()).map_err(|error| remote(&error))?;
        Ok(Arc::clone(started.insert(chain)))
    }

    /// Mines blocks on top of the chain.
    ///
    /// # Errors
    ///
    /// If it can't, or has to stop before it is done.
    pub(super) fn generate(&self, chain: &Chain, count: u32) -> Result<Vec<BlockHash>, NodeError> {
        if chain.network() != Network::Regtest {
            return Err(NodeError::CannotMine { network: chain.network() });
        }
        if count > MOST_BLOCKS {
            return Err(NodeError::TooMany { count, most: MOST_BLOCKS });
        }
        (0..count).map(|_| self.mine(chain)).collect()
    }

    /// Wakes whoever waits for the chain to grow, now that it won't.
    pub(super) fn stop(&self) {
        self.shutdown.request();
        let chain = self.chain.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(chain) = chain {
            chain.wake();
        }
    }

    fn chain_with(&self, options: NodeOptions) -> Result<Arc<Chain>, NodeError> {
        let NodeOptions { network, mine, mine_every, debug } = options;
        let category =
            |text: String| Category::from_str(&text, false).map_err(|_| NodeError::UnknownCategory { category: text });
        let debug = debug.into_iter().map(category).collect::<Result<Vec<_>, _>>()?;
        if network != Network::Regtest && (mine > 0 || mine_every.is_some()) {
            return Err(NodeError::CannotMine { network });
        }
        log::start("node", &debug);
        let chain = Arc::new(Chain::new(network));
        for _ in 0..mine {
            self.mine(&chain)?;
        }
        if let Some(pause) = mine_every {
            self.mine_from_now_on(&chain, pause)?;
        }
        Ok(chain)
    }

    fn mine(&self, chain: &Chain) -> Result<BlockHash, NodeError> {
        if self.shutdown.is_requested() {
            return Err(NodeError::ShuttingDown);
        }
        let mined = chain.mine().map_err(|invalid| NodeError::Ipc(remote(&invalid)))?;
        Ok(mined.hash)
    }

    fn mine_from_now_on(&self, chain: &Arc<Chain>, pause: Duration) -> Result<(), NodeError> {
        let (chain, shutdown) = (Arc::clone(chain), self.shutdown.clone());
        let mine = move || {
            while !shutdown.wait_timeout(pause) {
                if let Err(invalid) = chain.mine() {
                    tracing::error!(target: "node", %invalid, "stops mining");
                    return;
                }
            }
        };
        thread::Builder::new().name("miner".into()).spawn(mine).map_err(|error| NodeError::Ipc(remote(&error)))?;
        Ok(())
    }
}

/// A failure of this process, as an exception of the call that met it.
fn remote(error: &dyn std::error::Error) -> Exception {
    Exception::new(ExceptionKind::Remote, error.to_string())
}
