//! Lists, maps, sets, optionals, results and objects.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::{BuildHasher, Hash},
    sync::Arc,
};

use super::{
    Field, FieldReader, FieldWriter, Itself, Kind, Ptr, Reader, Shape, Type, TypeName, Value, Variant, VariantReader,
    Writer, fingerprint, mix,
};
use crate::{
    exception::{Exception, ExceptionKind, Result},
    interface::Interface,
};

impl<T: Value> Value for Vec<T> {
    const KIND: Kind = Kind::Ptr(T::LIST);
    const FINGERPRINT: u64 = mix(fingerprint("List"), T::FINGERPRINT);

    fn ty() -> Type {
        T::list_type()
    }

    fn write<W: Writer>(&self, writer: W) -> Result<()> {
        T::write_list(self, writer)
    }

    fn read<R: Reader>(reader: R) -> Result<Self> {
        T::read_list(reader)
    }
}

/// Crosses as a list; reading one of another length is an error.
impl<T: Value, const LEN: usize> Value for [T; LEN] {
    const KIND: Kind = Kind::Ptr(T::LIST);
    const FINGERPRINT: u64 = mix(fingerprint("array"), mix(LEN as u64, T::FINGERPRINT));

    fn ty() -> Type {
        T::list_type()
    }

    fn write<W: Writer>(&self, writer: W) -> Result<()> {
        T::write_list(self, writer)
    }

    fn read<R: Reader>(reader: R) -> Result<Self> {
        Self::try_from(T::read_list(reader)?).map_err(|items| {
            Exception::new(ExceptionKind::Protocol, format!("expected {LEN} elements, got {}", items.len()))
        })
    }
}

impl<T: Value> Value for Box<T> {
    const KIND: Kind = T::KIND;
    const SHAPE: Shape = T::SHAPE;
    const FINGERPRINT: u64 = T::FINGERPRINT;

    fn ty() -> Type {
        T::ty()
    }

    fn write<W: Writer>(&self, writer: W) -> Result<()> {
        (**self).write(writer)
    }

    fn read<R: Reader>(reader: R) -> Result<Self> {
        T::read(reader).map(Self::new)
    }
}

impl<T: Value> Value for Option<T> {
    const KIND: Kind = T::KIND.optional();
    const FINGERPRINT: u64 = mix(fingerprint("Option"), T::FINGERPRINT);

    fn ty() -> Type {
        Type::Option(T::ty)
    }

    fn write<W: Writer>(&self, writer: W) -> Result<()> {
        match self {
            None => writer.none(),
            Some(value) => writer.some::<T, Itself>(value),
        }
    }

    fn read<R: Reader>(reader: R) -> Result<Self> {
        reader.option::<T, Itself>()
    }
}

impl<T: Value, E: Value> Value for std::result::Result<T, E> {
    const KIND: Kind = Kind::Ptr(Ptr::Struct);
    const SHAPE: Shape = Shape::Union(&[
        Variant { name: "Ok", tag: None, fields: &[Field::of::<T>("0")] },
        Variant { name: "Err", tag: None, fields: &[Field::of::<E>("0")] },
    ]);
    const FINGERPRINT: u64 = mix(fingerprint("Result"), mix(T::FINGERPRINT, E::FINGERPRINT));

    fn ty() -> Type {
        let name = format!("ResultOf{}Or{}", T::ty().name(), E::ty().name());
        Type::Named(TypeName { module: module_path!(), name: name.into() }, Self::SHAPE)
    }

    fn write<W: Writer>(&self, writer: W) -> Result<()> {
        match self {
            Ok(value) => {
                let mut fields = writer.variant::<Self, 0>()?;
                fields.field::<0, T>(value)?;
                fields.end()
            }
            Err(error) => {
                let mut fields = writer.variant::<Self, 1>()?;
                fields.field::<0, E>(error)?;
                fields.end()
            }
        }
    }

    fn read<R: Reader>(reader: R) -> Result<Self> {
        let variant = reader.variant::<Self>()?;
        match variant.tag() {
            0 => Ok(Ok(variant.fields::<0>()?.field::<0, T>()?)),
            1 => Ok(Err(variant.fields::<1>()?.field::<0, E>()?)),
            tag => Err(unknown_variant("Result", tag)),
        }
    }
}

/// What the reader of an enum says to a variant that it does not know.
#[doc(hidden)]
pub fn unknown_variant(name: &str, tag: impl std::fmt::Display) -> Exception {
    Exception::new(ExceptionKind::Protocol, format!("{name} has no variant number {tag}; is the peer newer?"))
}

macro_rules! maps {
    ($($map:ident<K, V $(, $hasher:ident)?> where K: $($bound:path),*;)*) => { $(
        impl<K: Value $(+ $bound)*, V: Value $(, $hasher: BuildHasher + Default + Send + 'static)?> Value
            for $map<K, V $(, $hasher)?>
        {
            const KIND: Kind = Kind::Ptr(Ptr::List);
            const FINGERPRINT: u64 = mix(fingerprint("Map"), mix(K::FINGERPRINT, V::FINGERPRINT));

            fn ty() -> Type {
                Type::Map(K::ty, V::ty)
            }

            fn write<W: Writer>(&self, writer: W) -> Result<()> {
                writer.map(self.iter())
            }

            fn read<R: Reader>(reader: R) -> Result<Self> {
                reader.map::<K, V, _>()
            }
        }
    )* };
}

maps! {
    HashMap<K, V, S> where K: Eq, Hash;
    BTreeMap<K, V> where K: Ord;
}

macro_rules! sets {
    ($($set:ident<T $(, $hasher:ident)?> where T: $($bound:path),*;)*) => { $(
        impl<T: Value $(+ $bound)* $(, $hasher: BuildHasher + Default + Send + 'static)?> Value for $set<T $(, $hasher)?> {
            const KIND: Kind = Kind::Ptr(Ptr::List);
            const FINGERPRINT: u64 = mix(fingerprint("List"), T::FINGERPRINT);

            fn ty() -> Type {
                Type::List(T::ty)
            }

            fn write<W: Writer>(&self, writer: W) -> Result<()> {
                writer.list::<T, Itself>(self.iter())
            }

            fn read<R: Reader>(reader: R) -> Result<Self> {
                reader.list::<T, Itself, _>()
            }
        }
    )* };
}

sets! {
    HashSet<T, S> where T: Eq, Hash;
    BTreeSet<T> where T: Ord;
}

/// An interface object crosses by reference: the other side gets a proxy, or its own object back.
impl<I: Interface + ?Sized> Value for Arc<I> {
    const KIND: Kind = Kind::Ptr(Ptr::Object);
    const FINGERPRINT: u64 = mix(fingerprint("Object"), I::ID);

    fn ty() -> Type {
        if I::CLOSURE { Type::Closure(I::schema) } else { Type::Object(I::schema) }
    }

    fn write<W: Writer>(&self, writer: W) -> Result<()> {
        writer.object(self)
    }

    fn read<R: Reader>(reader: R) -> Result<Self> {
        reader.object()
    }
}
