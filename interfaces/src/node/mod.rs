//! What a node offers: [`Init`] is where a connection begins, [`Chain`] is for wallets, [`Node`] for those who control it.
//!
//! ```
//! use std::sync::Arc;
//!
//! use interfaces::node::{ChainError, Init};
//!
//! fn first_blocks(init: &Arc<dyn Init>) -> Result<(), ChainError> {
//!     let chain = init.make_chain()?;
//!     for height in 0..=chain.tip()?.height {
//!         println!("{height} {}", chain.block_hash(height)?);
//!     }
//!     Ok(())
//! }
//! ```

mod chain;
mod control;
mod errors;
mod handler;
mod init;

pub use chain::{BlockInfo, Chain, TipObserver, Visit};
pub use control::{Node, NodeInfo};
pub use errors::{ChainError, NodeError};
pub use handler::Handler;
pub use init::{Init, NodeOptions};
