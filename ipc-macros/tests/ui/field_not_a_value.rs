use ipc_macros::Value;

struct Foreign;

#[derive(Value)]
struct Block {
    foreign: Foreign,
}

fn main() {}
