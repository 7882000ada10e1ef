use ipc_macros::Value;

#[derive(Value)]
union Number {
    float: f32,
    bits: u32,
}

fn main() {}
