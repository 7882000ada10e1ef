use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn visit(&self, visit: impl Fn(u32) -> Result<bool> + Send + Sync) -> Result<()>;
}

fn main() {}
