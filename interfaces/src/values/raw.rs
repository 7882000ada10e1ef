//! Types that cross as bytes of their own making.

/// A script: its bytes, without a length before them.
pub mod script {
    use bitcoin::ScriptBuf;
    use ipc_core::{
        Result,
        value::{Kind, Ptr, Reader, Type, Writer},
    };

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
    pub fn write<W: Writer>(value: &ScriptBuf, writer: W) -> Result<()> {
        writer.bytes(value.as_bytes())
    }

    /// Reads it; any bytes are a script.
    ///
    /// # Errors
    ///
    /// As [`Value::read`](ipc_core::Value::read).
    pub fn read<R: Reader>(reader: R) -> Result<ScriptBuf> {
        reader.bytes().map(ScriptBuf::from_bytes)
    }
}

/// A transaction that was looked for: in consensus encoding, or no bytes at all if there was none.
pub mod found_transaction {
    use bitcoin::Transaction;
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
    pub fn write<W: Writer>(value: &Option<Transaction>, writer: W) -> Result<()> {
        match value {
            Some(transaction) => consensus::write(transaction, writer),
            None => writer.bytes(&[]),
        }
    }

    /// Reads it.
    ///
    /// # Errors
    ///
    /// `Protocol` if the bytes are something else.
    pub fn read<R: Reader>(reader: R) -> Result<Option<Transaction>> {
        let bytes = reader.bytes()?;
        if bytes.is_empty() {
            return Ok(None);
        }
        consensus::parse("a transaction in consensus encoding, or nothing", &bytes).map(Some)
    }
}
