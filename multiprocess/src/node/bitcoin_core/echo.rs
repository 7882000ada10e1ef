//! Answers with what it is told.

use interfaces::bitcoin_core::Echo;
use ipc::Result;

/// Serves [`Echo`].
pub(in crate::node) struct EchoObject;

impl Echo for EchoObject {
    fn echo(&self, echo: String) -> Result<String> {
        Ok(echo)
    }
}
