//! A value that can hold up a reply: after the handler, and before anything of the reply is sent.

use ipc_core::{
    Result, Value,
    value::{Kind, Reader, Type, Writer},
};

/// A number, and what is done before it is written.
pub struct Number {
    /// The number.
    pub number: u32,
    /// It may block.
    pub first: Option<Box<dyn Fn() + Send + Sync>>,
}

pub(super) const KIND: Kind = u32::KIND;

pub(super) fn ty() -> Type {
    u32::ty()
}

pub(super) fn write<W: Writer>(late: &Number, writer: W) -> Result<()> {
    if let Some(first) = &late.first {
        first();
    }
    late.number.write(writer)
}

pub(super) fn read<R: Reader>(reader: R) -> Result<Number> {
    Ok(Number { number: u32::read(reader)?, first: None })
}
