use ipc_core::Result;
use ipc_macros::{Value, interface};

#[derive(Value)]
struct Tip {
    #[value(defaults = 3)]
    height: u32,
}

#[derive(Value)]
struct Tips<T> {
    tips: Vec<Tip>,
    text: &'static str,
    more: T,
}

#[interface]
trait Chain: Send + Sync {
    fn tip(&self, after: Tip) -> Result<Option<Tips<Tip>>>;
}

fn main() {}
