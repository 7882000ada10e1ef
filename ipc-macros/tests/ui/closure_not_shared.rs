use std::sync::Arc;

use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn neither(&self, visit: Arc<dyn Fn(u32) -> Result<bool>>) -> Result<()>;
    fn no_sync(&self, visit: Arc<dyn Fn(u32) -> Result<bool> + Send>) -> Result<()>;
    fn mutable(&self, visit: Arc<dyn FnMut(u32) -> Result<bool> + Send + Sync>) -> Result<()>;
}

fn main() {}
