use ipc_macros::{Value, interface};

#[derive(Value)]
enum ChainError {
    NotFound,
}

#[interface]
trait Chain: Send + Sync {
    fn tip(&self) -> Result<u32, ChainError>;
}

fn main() {}
