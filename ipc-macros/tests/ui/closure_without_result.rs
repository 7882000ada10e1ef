use std::sync::Arc;

use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn nothing(&self, visit: Arc<dyn Fn(u32) + Send + Sync>) -> Result<()>;
}

fn main() {}
