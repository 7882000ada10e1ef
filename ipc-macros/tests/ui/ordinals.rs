use ipc_core::Result;
use ipc_macros::interface;

#[interface(bootstrap, destroy = 3)]
trait Init: Send + Sync {
    #[method(ordinal = 0)]
    fn zero(&self) -> Result<()>;
    #[method(ordinal = 3)]
    fn three(&self) -> Result<()>;
    #[method(ordinal = 5)]
    fn five(&self) -> Result<()>;
    #[method(ordinal = 5)]
    fn five_again(&self) -> Result<()>;
    #[method(ordinal = 65536)]
    fn large(&self) -> Result<()>;
    #[method(ordinal = 65535)]
    fn reserved(&self) -> Result<()>;
}

#[interface(bootstrap, destroy = 0)]
trait Other: Send + Sync {
    fn first(&self) -> Result<()>;
}

fn main() {}
