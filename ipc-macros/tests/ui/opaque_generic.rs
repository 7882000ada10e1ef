use ipc_macros::Value;

#[derive(Value)]
#[value(opaque)]
struct Page<T> {
    items: Vec<T>,
}

fn main() {}
