use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn pair(&self, (a, b): (u32, u32)) -> Result<()>;
    fn nameless(&self, _: u32) -> Result<()>;
}

fn main() {}
