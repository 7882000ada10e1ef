use std::{path::Path, sync::Arc};

use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn text(&self, name: &str) -> Result<()>;
    fn bytes(&self, data: &[u8]) -> Result<()>;
    fn number(&self, height: &u32, heights: Vec<&mut u64>) -> Result<()>;
    fn path(&self, path: &Path) -> Result<()>;
    fn object(&self, chain: &dyn Chain) -> Result<()>;
    fn result(&self) -> Result<&'static str>;
    fn closure(&self, visit: Arc<dyn Fn(&str) -> Result<bool> + Send + Sync>) -> Result<()>;
}

fn main() {}
