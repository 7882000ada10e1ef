use ipc_core::Result;
use ipc_macros::interface;

#[interface(id = 1, name = "no spaces")]
trait Chain: Send + Sync {
    #[method(name = "9lives")]
    fn tip(&self) -> Result<u32>;
}

#[interface(id = 0x1_8000_0000_0000_0001)]
trait Wallet: Send + Sync {
    fn balance(&self) -> Result<u32>;
}

fn main() {}
