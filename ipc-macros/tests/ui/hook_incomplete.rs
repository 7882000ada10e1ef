use ipc_macros::Value;

mod hook {
    pub(crate) const KIND: ipc_core::value::Kind = <u32 as ipc_core::Value>::KIND;
}

#[derive(Value)]
struct Block {
    #[value(with = hook)]
    time: std::time::Instant,
}

fn main() {}
