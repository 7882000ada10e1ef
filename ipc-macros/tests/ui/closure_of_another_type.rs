use std::sync::Arc;

use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn boolean(&self, visit: Arc<dyn Fn(u32) -> bool + Send + Sync>) -> Result<()>;
}

fn main() {}
