//! Types that cross as 32 bits.

/// A hook for each of these types: every number is one of them.
macro_rules! hooks {
    ($($(#[$doc:meta])* $name:ident: $type:ty, |$value:ident| $to:expr, |$bits:ident| $from:expr;)*) => { $(
        $(#[$doc])*
        pub mod $name {
            use ipc_core::{
                Result, Value,
                value::{Kind, Reader, Type, Writer},
            };

            /// A number of 32 bits.
            pub const KIND: Kind = u32::KIND;

            /// An unsigned integer.
            pub fn ty() -> Type {
                u32::ty()
            }

            /// Writes it.
            ///
            /// # Errors
            ///
            /// As [`Value::write`].
            pub fn write<W: Writer>($value: &$type, writer: W) -> Result<()> {
                writer.prim::<u32>($to)
            }

            /// Reads it.
            ///
            /// # Errors
            ///
            /// As [`Value::read`].
            pub fn read<R: Reader>(reader: R) -> Result<$type> {
                let $bits = reader.prim::<u32>()?;
                Ok($from)
            }
        }
    )* };
}

hooks! {
    /// The version in a block's header.
    block_version: bitcoin::block::Version,
        |value| value.to_consensus().cast_unsigned(),
        |bits| bitcoin::block::Version::from_consensus(bits.cast_signed());
    /// The version of a transaction.
    transaction_version: bitcoin::transaction::Version,
        |value| value.0.cast_unsigned(),
        |bits| bitcoin::transaction::Version(bits.cast_signed());
    /// The sequence number of an input.
    sequence: bitcoin::Sequence,
        |value| value.to_consensus_u32(),
        |bits| bitcoin::Sequence::from_consensus(bits);
    /// A lock time.
    lock_time: bitcoin::absolute::LockTime,
        |value| value.to_consensus_u32(),
        |bits| bitcoin::absolute::LockTime::from_consensus(bits);
}
