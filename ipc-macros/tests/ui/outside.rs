use ipc_macros::interface;

#[method(no_context)]
fn function() {}

#[interface]
struct Chain {
    height: u32,
}

#[interface]
impl Chain {}

fn main() {}
