//! The interfaces between the parts of a Bitcoin program that is split into processes: [`node`] and [`wallet`]; and those
//! that Bitcoin Core publishes, [`bitcoin_core`].
//!
//! They follow the division of Bitcoin Core's multiprocess design: a node process holds the chain, a wallet process holds
//! keys, and each sees the other only through these traits. An `Arc<dyn Chain>` is the chain itself when both live in one
//! process, and a proxy when they don't.
//!
//! Nothing here knows how calls travel: this crate depends on the core of the IPC layer and on no transport. The derived
//! Cap'n Proto schemas, for other languages and for review, are in the folder `schema`.

pub mod bitcoin_core;
pub mod node;
pub mod values;
pub mod wallet;

/// The guide's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/bitcoin-core.md")]
pub struct Guide;
