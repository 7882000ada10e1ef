use ipc_core::Result;
use ipc_macros::{Value, interface};

#[interface(bootstrap, id = 0x8000_0000_0000_0001, bootstrap)]
trait Chain: Send + Sync {
    #[method(no_context)]
    #[method(no_context)]
    fn tip(&self, #[value(name = "a", name = "b")] height: u32) -> Result<u32>;
}

#[derive(Value)]
struct Block {
    #[value(with = hook, opaque)]
    height: u32,
}

fn main() {}
