use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn other(&self, chain: Box<dyn Chain>) -> Result<Option<Box<dyn Chain + Send>>>;
}

fn main() {}
