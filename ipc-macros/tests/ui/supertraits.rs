use ipc_core::Result;
use ipc_macros::interface;

trait Plain: Send + Sync {}

#[interface]
trait Chain: Plain {
    fn tip(&self) -> Result<u32>;
}

fn main() {}
