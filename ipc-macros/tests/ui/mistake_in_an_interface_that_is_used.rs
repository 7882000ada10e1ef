use std::sync::Arc;

use ipc_core::{Interface, Result};
use ipc_macros::{Value, interface};

#[interface]
trait Block: Send + Sync {
    fn height(&self);
}

#[interface(bootstrap, ids = 3)]
trait Sink<T>: Block {
    fn put(&self, value: T) -> Result<()>;
}

#[interface]
trait Plain {
    fn text(&self, text: &str) -> Result<()>;
}

#[derive(Value)]
struct Tip {
    block: Arc<dyn Block>,
}

#[interface]
trait Chain: Block {
    fn tip(&self) -> Result<Tip>;
    fn follow(&self, blocks: Vec<Arc<dyn Block>>, sink: Arc<dyn Sink<u32>>, plain: Option<Arc<dyn Plain>>) -> Result<()>;
}

struct Node;

impl Block for Node {
    fn height(&self) {}
}

fn serve<I: Interface + ?Sized>(_: Arc<I>) {}

fn main() {
    serve::<dyn Block>(Arc::new(Node));
}
