//! Protobuf's wire: numbered fields, each with one of five wire types.

use std::fmt;

use ipc_core::{Exception, ExceptionKind, Result};
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

/// Bytes that are no protobuf message. Beside these there are messages that are well formed, and still no such value.
#[derive(Debug)]
pub(crate) struct Malformed(pub(crate) String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

/// The exception for bytes that are no protobuf message.
#[cold]
pub(crate) fn malformed(what: impl fmt::Display) -> Exception {
    let what = what.to_string();
    Exception::new(ExceptionKind::Protocol, format!("malformed protobuf: {what}")).with_source(Malformed(what))
}

/// The exception for a field that holds something else than its type says.
#[cold]
pub(crate) fn mismatch(expected: &str, number: u32) -> Exception {
    Exception::new(ExceptionKind::Protocol, format!("expected {expected} in field number {number}"))
}

/// One field of a message as it stands there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) number: u32,
    pub(crate) content: Content<'a>,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content<'a> {
    /// A number, as its wire type has it.
    Number(Scalar, u64),
    /// Text, bytes, a message, or several numbers.
    Bytes(&'a [u8]),
}

/// The wire types of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Varint,
    Fixed32,
    Fixed64,
}

impl Scalar {
    pub(crate) fn wire_type(self) -> WireType {
        match self {
            Self::Varint => WireType::Varint,
            Self::Fixed32 => WireType::ThirtyTwoBit,
            Self::Fixed64 => WireType::SixtyFourBit,
        }
    }

    /// Takes one number.
    #[inline]
    pub(crate) fn take(self, bytes: &mut &[u8]) -> Result<u64> {
        match self {
            Self::Varint => decode_varint(bytes).map_err(malformed),
            Self::Fixed32 => Ok(u32::from_le_bytes(array(bytes)?).into()),
            Self::Fixed64 => Ok(u64::from_le_bytes(array(bytes)?)),
        }
    }

    /// How many numbers these bytes hold.
    pub(crate) fn count(self, packed: &[u8]) -> usize {
        match self {
            Self::Varint => packed.iter().filter(|byte| **byte < 0x80).count(),
            Self::Fixed32 => packed.len() / 4,
            Self::Fixed64 => packed.len() / 8,
        }
    }
}

/// Takes the next field, or nothing at the end.
#[inline]
pub(crate) fn next<'a>(bytes: &mut &'a [u8]) -> Result<Option<Raw<'a>>> {
    loop {
        if bytes.is_empty() {
            return Ok(None);
        }
        let (number, wire_type) = decode_key(bytes).map_err(malformed)?;
        let content = match wire_type {
            WireType::Varint => Content::Number(Scalar::Varint, Scalar::Varint.take(bytes)?),
            WireType::ThirtyTwoBit => Content::Number(Scalar::Fixed32, Scalar::Fixed32.take(bytes)?),
            WireType::SixtyFourBit => Content::Number(Scalar::Fixed64, Scalar::Fixed64.take(bytes)?),
            WireType::LengthDelimited => {
                let len = decode_varint(bytes).map_err(malformed)?;
                let len = usize::try_from(len).ok().filter(|len| *len <= bytes.len());
                let (content, rest) = bytes.split_at(len.ok_or_else(|| malformed("a field that ends too early"))?);
                *bytes = rest;
                Content::Bytes(content)
            }
            // Groups are gone from the language: nothing of ours has one.
            WireType::StartGroup | WireType::EndGroup => {
                skip_field(wire_type, number, bytes, DecodeContext::default()).map_err(malformed)?;
                continue;
            }
        };
        return Ok(Some(Raw { number, content }));
    }
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N]> {
    match bytes.split_first_chunk() {
        Some((first, rest)) => {
            *bytes = rest;
            Ok(*first)
        }
        None => Err(malformed("a field that ends too early")),
    }
}
