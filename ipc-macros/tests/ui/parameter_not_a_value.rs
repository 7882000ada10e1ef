use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn wait(&self, height: u32, until: std::time::Instant) -> Result<()>;
}

fn main() {}
