use ipc_macros::Value;

#[derive(Value)]
enum Never {}

#[derive(Value)]
enum Numbered {
    One = 1,
}

#[derive(Value)]
#[repr(u8)]
enum Data {
    Circle(f64),
}

#[derive(Value)]
#[repr(usize)]
enum Sized {
    One,
}

#[derive(Value)]
enum Failure {
    #[value(exception)]
    Ipc,
}

fn main() {}
