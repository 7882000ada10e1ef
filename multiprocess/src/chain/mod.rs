//! A chain of real blocks, in memory.
//!
//! It begins with the network's genesis block. On regtest it grows by blocks that are mined here, with valid proof of work;
//! each is checked as any other would be before it is taken, and so are those that others have mined. It never reorganizes:
//! of two blocks that follow the tip, the first one counts.

mod mine;
mod rules;
mod store;
mod template;
#[cfg(test)]
mod tests;
mod wait;

pub(crate) use rules::{Checks, Invalid};
pub(crate) use store::Chain;
pub(crate) use template::Template;
pub(crate) use wait::{Growth, Waited};
