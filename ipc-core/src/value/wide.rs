//! 128-bit integers: two words, the low one first.

use super::{
    Field, FieldReader, FieldWriter, Kind, Of, Ptr, Reader, Shape, Type, TypeName, Value, Writer, fingerprint,
};
use crate::exception::Result;

macro_rules! wide {
    ($($type:ty, $name:literal, $high:ty;)*) => { $(
        impl Value for $type {
            const KIND: Kind = Kind::Ptr(Ptr::Struct);
            const SHAPE: Shape = Shape::Record(&[Field::of::<u64>("low"), Field::of::<$high>("high")]);
            const FINGERPRINT: u64 = fingerprint($name);

            fn ty() -> Type {
                Type::Named(TypeName { module: module_path!(), name: $name.into() }, Self::SHAPE)
            }

            fn write<W: Writer>(&self, writer: W) -> Result<()> {
                let mut fields = writer.record::<Of<Self>>()?;
                fields.field::<0, _>(&(*self as u64))?;
                fields.field::<1, _>(&((*self >> 64) as $high))?;
                fields.end()
            }

            fn read<R: Reader>(reader: R) -> Result<Self> {
                let mut fields = reader.record::<Of<Self>>()?;
                let low = fields.field::<0, u64>()?;
                let high = fields.field::<1, $high>()?;
                Ok((Self::from(high) << 64) | Self::from(low))
            }
        }
    )* };
}

wide! {
    u128, "UInt128", u64;
    i128, "Int128", i64;
}
