use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn generic<T: Into<u32>>(&self, height: T) -> Result<()>;
    fn sized<const N: usize>(&self) -> Result<()>
    where
        Self: Sized;
    fn borrowed<'a>(&'a self) -> Result<()>;
}

fn main() {}
