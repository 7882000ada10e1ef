use ipc_core::Exception;
use ipc_macros::Value;

type Failure = Exception;

#[derive(Value)]
enum Marked {
    Refused,
    #[value(exception)]
    Ipc(Exception),
    Because(String, Exception),
}

#[derive(Value)]
enum Unmarked {
    Refused,
    Ipc(Exception),
}

#[derive(Value)]
enum Named {
    Refused { code: u32 },
    Ipc { source: Box<Failure> },
}

mod other {
    #[derive(super::Value)]
    pub struct Exception(u32);
}

#[derive(Value)]
enum Another {
    Number(u32),
    Exception(other::Exception),
}

fn main() {}
