//! Bitcoin Core's published IPC interfaces, as its `bitcoin-node` serves them: [`Init`] is where a connection begins.
//!
//! Ids, ordinals, names, types and defaults are those of Bitcoin Core's schemas, of which the crate `bitcoin-capnp-types`
//! 0.3.0 publishes a copy; a test compiles both and compares them member by member. The types here are the natural ones:
//! a hash is a [`BlockHash`](bitcoin::BlockHash), a time that never comes is `None`, a verdict is an enum.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use interfaces::bitcoin_core::{BlockCreateOptions, Init};
//!
//! fn print_template(init: &Arc<dyn Init>) -> ipc_core::Result<()> {
//!     let mining = init.make_mining()?;
//!     let tip = mining.get_tip()?;
//!     println!("{tip:?}");
//!     if let Some(template) = mining.create_new_block(BlockCreateOptions::default(), false)? {
//!         println!("{:?}", template.get_block_header()?);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Versions of Bitcoin Core
//!
//! The wire shows no version. A method that the node does not have ends with `Unimplemented` and an exception that names
//! the version which brought it; nothing else is harmed. So a program asks for what it wants, and looks at the exception.
//!
//! | version | what it serves |
//! |---|---|
//! | 30 | [`Echo`]; its mining interface has other ordinals and is not served under these, so that [`Init::make_mining`] is `Unimplemented` |
//! | 31 | [`Mining`] and [`BlockTemplate`], without `submit_block`, `get_transactions_by_…` and the `submit_solution` that says why ([`BlockTemplate::submit`] works on 31 as well) |
//! | 32 | all of it |
//!
//! How a version runs calls makes no difference here: each thread of the client has a thread of its own in the node, and at
//! most one call waits there at any time, which is what 30 demands and what 31 and 32 do best.

pub mod common;
pub mod echo;
pub mod init;
pub mod mining;
pub mod rpc;

pub use common::BlockRef;
pub use echo::Echo;
pub use init::Init;
pub use mining::{
    BlockCheckOptions, BlockCreateOptions, BlockTemplate, BlockWaitOptions, CoinbaseTx, Mining, Solution, Verdict,
};
pub use rpc::Rpc;
