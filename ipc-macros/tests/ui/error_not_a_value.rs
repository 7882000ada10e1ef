use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn tip(&self) -> Result<u32, std::fmt::Error>;
}

fn main() {}
