use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn tip(&self, height: u32) -> u32;
}

fn main() {}
