//! A chain of real blocks, in memory.
//!
//! It begins with the network's genesis block. On regtest it grows by blocks that are mined here, with valid proof of work;
//! each is checked as any other would be before it is taken. It never reorganizes, since nobody else mines.

mod mine;
mod rules;
mod store;

pub(crate) use store::{Chain, Growth};
