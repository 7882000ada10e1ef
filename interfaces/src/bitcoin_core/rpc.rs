//! JSON-RPC without HTTP; `rpc.capnp` in Bitcoin Core.

use ipc_core::Result;
use ipc_macros::interface;

/// The commands that `bitcoin-cli` sends, as JSON texts.
#[interface(id = 0xacb1_d37f_0a71_3129)]
pub trait Rpc: Send + Sync {
    /// Runs a request, which is a JSON text such as `{"id": 1, "method": "getblockcount", "params": []}`, and gives the
    /// response as JSON, which holds the command's result or its error; so does that to what is no request.
    ///
    /// `uri` is the path that HTTP would have, such as `/wallet/NAME`; empty is `/`. `user` is who asks, for the log.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(ordinal = 0)]
    fn execute_rpc(&self, request: String, uri: String, user: String) -> Result<String>;
}
