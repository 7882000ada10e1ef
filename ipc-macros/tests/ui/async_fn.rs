use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    async fn tip(&self) -> Result<u32>;
}

fn main() {}
