//! Numbers and `bool`.

use super::{Kind, Prim, Ptr, Reader, Type, Value, Writer, fingerprint};
use crate::exception::{Exception, ExceptionKind, Result};

/// A value that is nothing but bits, at most 64.
pub trait Primitive: Value + Copy {
    /// How many bits.
    const PRIM: Prim;
    /// Whether the bits are a signed integer, sign-extended.
    const SIGNED: bool = false;
    /// Whether the bits are a floating-point number.
    const FLOAT: bool = false;

    /// The bits; those of a signed integer are sign-extended.
    fn bits(self) -> u64;

    /// The value with these bits; those above its width are ignored.
    fn from_bits(bits: u64) -> Self;
}

/// A primitive whose bits are needed in a constant: a default.
#[derive(Clone, Copy, Debug)]
pub struct Bits<T>(pub T);

macro_rules! primitives {
    ($($type:ty, $prim:ident, $name:literal, $signed:literal, $float:literal, |$v:ident| $to:expr, |$b:ident| $from:expr,
        { $($hook:tt)* };)*) => { $(
        impl Bits<$type> {
            /// The bits, as [`Primitive::bits`] gives them.
            pub const fn get(self) -> u64 {
                let $v = self.0;
                $to
            }
        }

        impl Primitive for $type {
            const PRIM: Prim = Prim::$prim;
            const SIGNED: bool = $signed;
            const FLOAT: bool = $float;

            fn bits(self) -> u64 {
                Bits(self).get()
            }

            fn from_bits($b: u64) -> Self {
                $from
            }
        }

        impl Value for $type {
            const KIND: Kind = Kind::Prim(Prim::$prim);
            const FINGERPRINT: u64 = fingerprint($name);

            fn ty() -> Type {
                Type::Prim($name)
            }

            fn write<W: Writer>(&self, writer: W) -> Result<()> {
                writer.prim(*self)
            }

            fn read<R: Reader>(reader: R) -> Result<Self> {
                reader.prim()
            }

            $($hook)*
        }
    )* };
}

primitives! {
    bool, Bool, "Bool", false, false, |v| v as u64, |b| b & 1 != 0, {};
    u8, B8, "UInt8", false, false, |v| v as u64, |b| b as Self, {
        const LIST: Ptr = Ptr::Bytes;

        fn list_type() -> Type {
            Type::Bytes
        }

        fn write_list<W: Writer>(items: &[Self], writer: W) -> Result<()> {
            writer.bytes(items)
        }

        fn read_list<R: Reader>(reader: R) -> Result<Vec<Self>> {
            reader.bytes()
        }
    };
    u16, B16, "UInt16", false, false, |v| v as u64, |b| b as Self, {};
    u32, B32, "UInt32", false, false, |v| v as u64, |b| b as Self, {};
    u64, B64, "UInt64", false, false, |v| v, |b| b, {};
    i8, B8, "Int8", true, false, |v| v as i64 as u64, |b| b as Self, {};
    i16, B16, "Int16", true, false, |v| v as i64 as u64, |b| b as Self, {};
    i32, B32, "Int32", true, false, |v| v as i64 as u64, |b| b as Self, {};
    i64, B64, "Int64", true, false, |v| v as u64, |b| b as Self, {};
    f32, B32, "Float32", false, true, |v| v.to_bits() as u64, |b| Self::from_bits(b as u32), {};
    f64, B64, "Float64", false, true, |v| v.to_bits(), |b| Self::from_bits(b), {};
    (), Void, "Void", false, false, |v| { let () = v; 0 }, |b| { let _ = b; }, {};
}

macro_rules! sized_by_the_machine {
    ($($type:ty as $wire:ty),*) => { $(
        /// Crosses as 64 bits; reading one that this machine cannot hold is an error.
        impl Value for $type {
            const KIND: Kind = <$wire as Value>::KIND;
            const FINGERPRINT: u64 = <$wire as Value>::FINGERPRINT;

            fn ty() -> Type {
                <$wire as Value>::ty()
            }

            fn write<W: Writer>(&self, writer: W) -> Result<()> {
                writer.prim(*self as $wire)
            }

            fn read<R: Reader>(reader: R) -> Result<Self> {
                let wide = reader.prim::<$wire>()?;
                Self::try_from(wide).map_err(|_| {
                    let message = format!("expected a number up to {} bits, got {wide}", Self::BITS);
                    Exception::new(ExceptionKind::Protocol, message)
                })
            }
        }
    )* };
}

sized_by_the_machine!(usize as u64, isize as i64);

/// Crosses as its code point.
impl Value for char {
    const KIND: Kind = <u32 as Value>::KIND;
    const FINGERPRINT: u64 = fingerprint("char");

    fn ty() -> Type {
        u32::ty()
    }

    fn write<W: Writer>(&self, writer: W) -> Result<()> {
        writer.prim(u32::from(*self))
    }

    fn read<R: Reader>(reader: R) -> Result<Self> {
        let code = reader.prim::<u32>()?;
        Self::from_u32(code).ok_or_else(|| {
            Exception::new(ExceptionKind::Protocol, format!("expected a Unicode scalar value, got {code:#x}"))
        })
    }
}
