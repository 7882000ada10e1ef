use ipc_core::{
    Result, Value as _,
    value::{Kind, Reader, Type, Writer},
};
use ipc_macros::Value;

mod hook {
    use super::*;

    pub(crate) const KIND: Kind = u32::KIND;

    pub(crate) fn ty() -> Type {
        u32::ty()
    }

    pub(crate) fn write<W: Writer>(value: &u32, writer: W) -> Result<()> {
        writer.prim(*value)
    }

    pub(crate) fn read<R: Reader>(reader: R) -> Result<u32> {
        reader.prim()
    }
}

#[derive(Value)]
struct Block {
    #[value(with = hook)]
    time: u64,
}

fn main() {}
