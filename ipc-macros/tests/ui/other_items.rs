use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    const LIMIT: u32;
    type Block;
    fn tip(&self) -> Result<u32>;
}

fn main() {}
