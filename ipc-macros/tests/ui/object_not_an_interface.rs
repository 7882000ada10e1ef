use std::sync::Arc;

use ipc_core::Result;
use ipc_macros::interface;

trait Plain: Send + Sync {}

#[interface]
trait Chain: Send + Sync {
    fn object(&self, plain: Arc<dyn Plain>) -> Result<()>;
}

fn main() {}
