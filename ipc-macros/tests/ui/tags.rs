use ipc_macros::{Value, interface};

#[derive(Value)]
struct Taken {
    a: u8,
    #[value(tag = 1)]
    b: u8,
    #[value(tag = 7)]
    c: u8,
    #[value(tag = 7)]
    d: u8,
}

#[derive(Value)]
struct Outside {
    #[value(tag = 0)]
    a: u8,
    #[value(tag = 19500)]
    b: u8,
}

#[derive(Value)]
enum Variants {
    #[value(tag = 2)]
    A(u8),
    B,
}

#[derive(Value)]
enum Plain {
    #[value(tag = 2)]
    A,
}

#[interface]
trait Parameters: Send + Sync {
    fn call(&self, a: u8, #[value(tag = 1)] b: u8) -> ipc_core::Result<()>;
}

fn main() {}
