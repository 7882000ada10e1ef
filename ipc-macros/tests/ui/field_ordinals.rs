use ipc_macros::Value;

#[derive(Value)]
struct Some {
    #[value(ordinal = 0)]
    a: u8,
    b: u8,
}

#[derive(Value)]
struct Same {
    #[value(ordinal = 1)]
    a: u8,
    #[value(ordinal = 1)]
    b: u8,
    #[value(ordinal = 3)]
    c: u8,
}

fn main() {}
