//! Hooks: how a type that is not a [`Value`] crosses.

use std::{fmt, marker::PhantomData};

use super::{Kind, Prim, Ptr, Reader, Shape, Type, Value, Writer, fingerprint, mix};
use crate::exception::Result;

/// Writes and reads `T`, which need not be a [`Value`] itself.
///
/// `#[value(with = module)]` makes one from a module with the items `KIND`, `ty`, `write` and `read`.
pub trait Marshal<T>: Send + Sync + 'static {
    /// As [`Value::KIND`].
    const KIND: Kind;
    /// As [`Value::SHAPE`].
    const SHAPE: Shape = Shape::Leaf;

    /// As [`Value::ty`].
    fn ty() -> Type;

    /// As [`Value::write`].
    ///
    /// # Errors
    ///
    /// As [`Value::write`].
    fn write<W: Writer>(value: &T, writer: W) -> Result<()>;

    /// As [`Value::read`].
    ///
    /// # Errors
    ///
    /// As [`Value::read`].
    fn read<R: Reader>(reader: R) -> Result<T>;
}

/// Writes and reads a [`Value`] as it does itself.
#[derive(Debug)]
pub struct Itself;

impl<T: Value> Marshal<T> for Itself {
    const KIND: Kind = T::KIND;
    const SHAPE: Shape = T::SHAPE;

    fn ty() -> Type {
        T::ty()
    }

    fn write<W: Writer>(value: &T, writer: W) -> Result<()> {
        value.write(writer)
    }

    fn read<R: Reader>(reader: R) -> Result<T> {
        T::read(reader)
    }
}

/// A `T` that crosses as the hook `M` has it: what an argument or a result with a hook is wrapped in.
pub struct Hooked<T, M>(pub T, PhantomData<fn() -> M>);

impl<T, M> Hooked<T, M> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value, PhantomData)
    }
}

impl<T: fmt::Debug, M> fmt::Debug for Hooked<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Send + 'static, M: Marshal<T>> Value for Hooked<T, M> {
    const KIND: Kind = M::KIND;
    const SHAPE: Shape = M::SHAPE;
    const FINGERPRINT: u64 = mix(fingerprint("hooked"), kind_fingerprint(M::KIND));

    fn ty() -> Type {
        M::ty()
    }

    fn write<W: Writer>(&self, writer: W) -> Result<()> {
        M::write(&self.0, writer)
    }

    fn read<R: Reader>(reader: R) -> Result<Self> {
        M::read(reader).map(Self::new)
    }
}

const fn kind_fingerprint(kind: Kind) -> u64 {
    match kind {
        Kind::Prim(prim) => mix(1, prim_number(prim)),
        Kind::OptPrim(prim) => mix(2, prim_number(prim)),
        Kind::Ptr(ptr) => mix(3, ptr_number(ptr)),
        Kind::OptPtr(ptr) => mix(4, ptr_number(ptr)),
        Kind::HasPtr(ptr) => mix(5, ptr_number(ptr)),
        Kind::Boxed => 6,
    }
}

const fn prim_number(prim: Prim) -> u64 {
    prim as u64
}

const fn ptr_number(ptr: Ptr) -> u64 {
    ptr as u64
}

/// Hooks made of hooks, and hooks for types of `std` whose wire form a schema may prescribe.
pub mod hooks {
    use super::*;

    /// A list of what `M` marshals: `#[value(with = list(module))]`.
    #[derive(Debug)]
    pub struct List<M>(PhantomData<fn() -> M>);

    impl<T: Send + 'static, M: Marshal<T>> Marshal<Vec<T>> for List<M> {
        const KIND: Kind = Kind::Ptr(Ptr::List);

        fn ty() -> Type {
            Type::List(M::ty)
        }

        fn write<W: Writer>(value: &Vec<T>, writer: W) -> Result<()> {
            writer.list::<T, M>(value.iter())
        }

        fn read<R: Reader>(reader: R) -> Result<Vec<T>> {
            reader.list::<T, M, _>()
        }
    }

    /// An optional of what `M` marshals: `#[value(with = option(module))]`.
    #[derive(Debug)]
    pub struct Optional<M>(PhantomData<fn() -> M>);

    impl<T: Send + 'static, M: Marshal<T>> Marshal<Option<T>> for Optional<M> {
        const KIND: Kind = M::KIND.optional();

        fn ty() -> Type {
            Type::Option(M::ty)
        }

        fn write<W: Writer>(value: &Option<T>, writer: W) -> Result<()> {
            match value {
                None => writer.none(),
                Some(value) => writer.some::<T, M>(value),
            }
        }

        fn read<R: Reader>(reader: R) -> Result<Option<T>> {
            reader.option::<T, M>()
        }
    }
}
