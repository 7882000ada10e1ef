//! Values that serde knows, as a blob that only Rust programs read.

use serde::{Serialize, de::DeserializeOwned};

use super::{Kind, Ptr, Reader, Type, Value, Writer, fingerprint};
use crate::exception::{Exception, ExceptionKind, Result};

/// The most bytes that an opaque value may take: 16 MiB.
pub const OPAQUE_LIMIT: usize = 16 << 20;

/// A value that crosses as bincode, whatever it is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opaque<T>(pub T);

impl<T: Serialize + DeserializeOwned + Send + 'static> Value for Opaque<T> {
    const KIND: Kind = opaque::KIND;
    const FINGERPRINT: u64 = fingerprint("opaque");

    fn ty() -> Type {
        opaque::ty()
    }

    fn write<W: Writer>(&self, writer: W) -> Result<()> {
        opaque::write(&self.0, writer)
    }

    fn read<R: Reader>(reader: R) -> Result<Self> {
        opaque::read(reader).map(Self)
    }
}

/// The hook that `#[value(opaque)]` stands for.
pub mod opaque {
    use super::*;

    /// Bytes.
    pub const KIND: Kind = Kind::Ptr(Ptr::Bytes);

    /// Bytes.
    pub fn ty() -> Type {
        Type::Bytes
    }

    /// Writes anything that serde serializes.
    ///
    /// # Errors
    ///
    /// `TooLarge` past [`OPAQUE_LIMIT`], `Protocol` if the value refuses to be serialized.
    pub fn write<T: Serialize, W: Writer>(value: &T, writer: W) -> Result<()> {
        let bytes = bincode::serde::encode_to_vec(value, bincode::config::standard())
            .map_err(|error| broken("cannot write an opaque value", error))?;
        if bytes.len() > OPAQUE_LIMIT {
            let message = format!("an opaque value takes {} bytes, at most {OPAQUE_LIMIT} may cross", bytes.len());
            return Err(Exception::new(ExceptionKind::TooLarge, message));
        }
        writer.bytes(&bytes)
    }

    /// Reads anything that serde deserializes.
    ///
    /// # Errors
    ///
    /// `TooLarge` past [`OPAQUE_LIMIT`], `Protocol` if the bytes are no such value, or more than one.
    pub fn read<T: DeserializeOwned, R: Reader>(reader: R) -> Result<T> {
        let bytes = reader.bytes()?;
        if bytes.len() > OPAQUE_LIMIT {
            let message = format!("an opaque value takes {} bytes, at most {OPAQUE_LIMIT} may cross", bytes.len());
            return Err(Exception::new(ExceptionKind::TooLarge, message));
        }
        let config = bincode::config::standard().with_limit::<OPAQUE_LIMIT>();
        let (value, used) = bincode::serde::decode_from_slice(&bytes, config)
            .map_err(|error| broken("cannot read an opaque value", error))?;
        if used == bytes.len() {
            return Ok(value);
        }
        let message = format!("an opaque value has {} bytes too many", bytes.len() - used);
        Err(Exception::new(ExceptionKind::Protocol, message))
    }

    fn broken(what: &str, error: impl std::error::Error + Send + Sync + 'static) -> Exception {
        Exception::new(ExceptionKind::Protocol, format!("{what}: {error}")).with_source(error)
    }
}
