use ipc_macros::Value;

#[derive(Value)]
struct Block {
    #[value(default = "3")]
    height: u32,
}

fn main() {}
