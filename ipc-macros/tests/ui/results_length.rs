use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    #[method(results(a, b))]
    fn three(&self) -> Result<(u8, u16, u32)>;
    #[method(results(a, b, c))]
    fn two(&self) -> Result<(u8, u16)>;
    #[method(results(a), with = hook)]
    fn hooked(&self) -> Result<u8>;
    #[method(results(a: u8, b))]
    fn mixed(&self) -> Result<(u8, u8)>;
    #[method(results(a, b), has)]
    fn marked(&self) -> Result<(u8, u8)>;
}

fn main() {}
