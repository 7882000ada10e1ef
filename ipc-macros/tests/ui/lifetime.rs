use ipc_core::Result;
use ipc_macros::{Value, interface};

#[derive(Value)]
struct Block<'a> {
    hash: &'a [u8],
}

#[interface]
trait Chain<'a>: Send + Sync {
    fn tip(&self) -> Result<u32>;
}

fn main() {}
