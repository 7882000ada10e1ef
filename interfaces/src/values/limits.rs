//! Heights and times, as Bitcoin Core's interfaces have them.

use ipc_core::{Exception, ExceptionKind};

fn unexpected(message: String) -> Exception {
    Exception::new(ExceptionKind::Protocol, message)
}

/// A height: a signed 32-bit integer, as Bitcoin Core has it.
pub mod height {
    use ipc_core::{
        Result, Value,
        value::{Kind, Reader, Type, Writer},
    };

    use super::unexpected;

    /// A number of 32 bits.
    pub const KIND: Kind = i32::KIND;

    /// A signed integer.
    pub fn ty() -> Type {
        i32::ty()
    }

    /// Writes it.
    ///
    /// # Errors
    ///
    /// `Protocol` above 2147483647.
    pub fn write<W: Writer>(value: &u32, writer: W) -> Result<()> {
        let height = i32::try_from(*value);
        writer.prim(height.map_err(|_| unexpected(format!("expected a height of at most {}, got {value}", i32::MAX)))?)
    }

    /// Reads it.
    ///
    /// # Errors
    ///
    /// `Protocol` if it is negative.
    pub fn read<R: Reader>(reader: R) -> Result<u32> {
        let height = reader.prim::<i32>()?;
        u32::try_from(height).map_err(|_| unexpected(format!("expected a height from 0, got {height}")))
    }
}

/// How long to wait: milliseconds as a floating-point number, of which the largest is for ever.
pub mod timeout {
    use std::time::Duration;

    use ipc_core::{
        Result, Value,
        value::{Kind, Reader, Type, Writer},
    };

    use super::unexpected;

    /// A number of 64 bits.
    pub const KIND: Kind = f64::KIND;

    /// A floating-point number.
    pub fn ty() -> Type {
        f64::ty()
    }

    /// Writes it, to a microsecond or better up to centuries.
    ///
    /// # Errors
    ///
    /// As [`Value::write`].
    pub fn write<W: Writer>(value: &Option<Duration>, writer: W) -> Result<()> {
        writer.prim(value.map_or(f64::MAX, |limit| limit.as_secs_f64() * 1000.0))
    }

    /// Reads it. A time that has passed already is none at all, and one that nobody can wait for is for ever.
    ///
    /// # Errors
    ///
    /// `Protocol` if it is not a number.
    pub fn read<R: Reader>(reader: R) -> Result<Option<Duration>> {
        let milliseconds = reader.prim::<f64>()?;
        if milliseconds.is_nan() {
            return Err(unexpected("expected a timeout in milliseconds, got what is not a number".into()));
        }
        Ok(Duration::try_from_secs_f64(milliseconds.max(0.0) / 1000.0).ok())
    }
}
