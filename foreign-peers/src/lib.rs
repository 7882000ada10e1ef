//! What the tests against other implementations share.

pub mod bitcoin_node;
pub mod derived;
pub mod imitation;
pub mod members;
pub mod node;
pub mod plain;
pub mod published;
pub mod python;
pub mod samples;
pub mod tool;
