use std::sync::Arc;

use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn other(&self) -> Result<Arc<Self>>;
}

fn main() {}
