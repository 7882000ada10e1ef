use ipc_macros::Value;

#[derive(Value)]
struct Block {
    #[value(with = optional(hook))]
    maybe: Option<u32>,
    #[value(with = option(hook, hook))]
    two: Option<u32>,
}

fn main() {}
