//! What the tests against other implementations share.

pub mod samples;
pub mod tool;
