//! Bytes and text.

use std::path::PathBuf;

use ::bytes::Bytes;

use super::{Kind, Ptr, Reader, Type, Value, Writer, fingerprint};
use crate::exception::Result;

impl Value for String {
    const KIND: Kind = Kind::Ptr(Ptr::Text);
    const FINGERPRINT: u64 = fingerprint("Text");

    fn ty() -> Type {
        Type::Text
    }

    fn write<W: Writer>(&self, writer: W) -> Result<()> {
        writer.text(self)
    }

    fn read<R: Reader>(reader: R) -> Result<Self> {
        reader.text()
    }
}

impl Value for Bytes {
    const KIND: Kind = Kind::Ptr(Ptr::Bytes);
    const FINGERPRINT: u64 = fingerprint("Data");

    fn ty() -> Type {
        Type::Bytes
    }

    fn write<W: Writer>(&self, writer: W) -> Result<()> {
        writer.bytes(self)
    }

    fn read<R: Reader>(reader: R) -> Result<Self> {
        reader.bytes().map(Self::from)
    }
}

/// Crosses as the bytes that the operating system has for it; the other process runs on the same one.
impl Value for PathBuf {
    const KIND: Kind = Kind::Ptr(Ptr::Bytes);
    const FINGERPRINT: u64 = fingerprint("path");

    fn ty() -> Type {
        Type::Bytes
    }

    fn write<W: Writer>(&self, writer: W) -> Result<()> {
        use std::os::unix::ffi::OsStrExt;

        writer.bytes(self.as_os_str().as_bytes())
    }

    fn read<R: Reader>(reader: R) -> Result<Self> {
        use std::os::unix::ffi::OsStringExt;

        reader.bytes().map(|bytes| Self::from(std::ffi::OsString::from_vec(bytes)))
    }
}
