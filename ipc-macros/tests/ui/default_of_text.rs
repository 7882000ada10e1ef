use ipc_core::Result;
use ipc_macros::{Value, interface};

#[interface]
trait Chain: Send + Sync {
    fn tip(&self, #[value(default = "none")] name: String) -> Result<()>;
}

#[derive(Value)]
struct Block {
    #[value(default = 3)]
    height: Option<u32>,
}

fn main() {}
