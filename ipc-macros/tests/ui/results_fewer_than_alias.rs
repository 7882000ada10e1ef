use ipc_macros::interface;

type Three = ipc_core::Result<(u8, u16, u32)>;

#[interface]
trait Chain: Send + Sync {
    #[method(results(a, b))]
    fn three(&self) -> Three;
}

fn main() {}
