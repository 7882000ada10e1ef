use ipc_core::Result;
use ipc_macros::interface;

#[interface]
unsafe trait Chain: Send + Sync {
    unsafe fn tip(&self) -> Result<u32>;
    extern "C" fn foreign(&self) -> Result<u32>;
}

fn main() {}
