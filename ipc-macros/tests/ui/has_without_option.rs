use ipc_core::Result;
use ipc_macros::{Value, interface};

#[interface]
trait Chain: Send + Sync {
    fn tip(&self, #[value(has)] height: u32) -> Result<()>;
}

#[derive(Value)]
struct Block {
    #[value(has)]
    hash: Vec<u8>,
}

fn main() {}
