use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain {
    fn tip(&self) -> Result<u32>;
}

#[interface]
trait Wallet: Send + std::fmt::Debug {
    fn balance(&self) -> Result<u64>;
}

fn main() {}
