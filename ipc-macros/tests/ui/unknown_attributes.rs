use ipc_core::Result;
use ipc_macros::{Value, interface};

#[interface(bootstap)]
trait Chain: Send + Sync {
    #[method(contextless)]
    fn tip(&self, #[value(optional)] height: u32) -> Result<u32>;
    #[method(ordinal)]
    fn other(&self, #[value(ordinal = 3)] height: u32) -> Result<u32>;
}

#[derive(Value)]
#[value(transparent)]
struct Block {
    #[value(exception)]
    height: u32,
}

#[derive(Value)]
enum Figure {
    #[value(has)]
    Circle(f64),
}

fn main() {}
