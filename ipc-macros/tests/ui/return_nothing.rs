use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn nothing(&self, height: u32);
    fn unit(&self) -> ();
}

fn main() {}
