use std::{sync::Arc, time::Instant};

use ipc_core::Result;
use ipc_macros::interface;

#[interface]
trait Sink<T>: Send + Sync {
    fn put(&self, value: T) -> Result<()>;
}

#[interface]
trait Chain: Send + Sync {
    fn observe(&self, sink: Arc<dyn Sink<Instant>>) -> Result<()>;
}

fn main() {}
