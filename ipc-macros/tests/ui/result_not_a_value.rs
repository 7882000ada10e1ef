use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn started(&self) -> Result<std::time::Instant>;
}

fn main() {}
