//! Types that cross as bytes in consensus encoding.

use bitcoin::consensus::{Decodable, Encodable, encode};
use ipc_core::{
    Exception, ExceptionKind, Result,
    value::{Reader, Writer},
};

/// Writes anything that has a consensus encoding.
pub(super) fn write<T: Encodable, W: Writer>(value: &T, writer: W) -> Result<()> {
    writer.bytes(&encode::serialize(value))
}

/// Reads it; a missing field reads as no bytes, which is an error too.
pub(super) fn read<T: Decodable, R: Reader>(expected: &str, reader: R) -> Result<T> {
    parse(expected, &reader.bytes()?)
}

/// The same of bytes that are there.
pub(super) fn parse<T: Decodable>(expected: &str, bytes: &[u8]) -> Result<T> {
    encode::deserialize(bytes).map_err(|error| {
        let message = format!("expected {expected}, got {} bytes: {error}", bytes.len());
        Exception::new(ExceptionKind::Protocol, message).with_source(error)
    })
}

/// A hook for each of these types.
macro_rules! hooks {
    ($($(#[$doc:meta])* $name:ident: $type:ident, $expected:literal;)*) => { $(
        $(#[$doc])*
        pub mod $name {
            use ipc_core::{
                Result,
                value::{Kind, Ptr, Reader, Type, Writer},
            };

            use crate::values::consensus;

            /// Bytes.
            pub const KIND: Kind = Kind::Ptr(Ptr::Bytes);

            /// Bytes.
            pub fn ty() -> Type {
                Type::Bytes
            }

            /// Writes it.
            ///
            /// # Errors
            ///
            /// `TooLarge` if it passes a limit.
            pub fn write<W: Writer>(value: &super::$type, writer: W) -> Result<()> {
                consensus::write(value, writer)
            }

            /// Reads it.
            ///
            /// # Errors
            ///
            /// `Protocol` if the bytes are something else.
            pub fn read<R: Reader>(reader: R) -> Result<super::$type> {
                consensus::read($expected, reader)
            }
        }
    )* };
}

pub(super) use hooks;
