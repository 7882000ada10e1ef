use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn twice(&self) -> Result<u32> {
        Ok(2)
    }
    #[method(local)]
    fn thrice(&self) -> Result<u32>;
    #[method(local)]
    fn generic<T>(&self) -> Result<u32> {
        Ok(2)
    }
}

fn main() {}
