//! Cap'n Proto RPC as a transport; the wire is libmultiprocess's.

mod encoding;
mod layout;
#[doc(hidden)]
pub mod proof;
pub mod schema;
