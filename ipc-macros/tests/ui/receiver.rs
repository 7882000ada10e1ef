use std::sync::Arc;

use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Chain: Send + Sync {
    fn exclusive(&mut self) -> Result<()>;
    fn owned(self) -> Result<()>;
    fn boxed(self: Box<Self>) -> Result<()>;
    fn counted(self: Arc<Self>) -> Result<()>;
    fn none(height: u32) -> Result<()>;
}

fn main() {}
