use ipc_macros::Value;

struct Foreign;

#[derive(Value)]
struct Block {
    #[value(opaque)]
    foreign: Foreign,
}

fn main() {}
