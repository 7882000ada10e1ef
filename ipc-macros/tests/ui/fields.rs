use ipc_macros::Value;

#[derive(Value)]
struct Block {
    name: &'static str,
    chain: Box<dyn Send>,
}

fn main() {}
