//! What an encoding implements: [`Writer`] and [`Reader`].
//!
//! # For transport authors
//!
//! Each value is written by exactly one call on its writer, and read by exactly one on its reader. Lists of fields are
//! named by types ([`Fields`]), so that `const { layout(S::FIELDS, N) }` is a constant in the compiled code. A reader
//! meets hostile bytes: it counts depth, and charges `size_of::<T>()` for each element before it allocates.

use std::{marker::PhantomData, sync::Arc};

use super::{Field, Marshal, Primitive, Shape, Value, hook::Itself};
use crate::{exception::Result, interface::Interface};

/// Takes one value.
pub trait Writer: Sized {
    /// Takes the fields of a struct.
    type Fields<S: Fields>: FieldWriter;
    /// Takes the fields of variant `N` of an enum.
    type Variant<U: Value, const N: usize>: FieldWriter;

    /// Writes a primitive.
    ///
    /// # Errors
    ///
    /// As for [`Value::write`], here and below.
    fn prim<P: Primitive>(self, value: P) -> Result<()>;
    /// Writes text.
    fn text(self, value: &str) -> Result<()>;
    /// Writes bytes.
    fn bytes(self, value: &[u8]) -> Result<()>;
    /// Writes an absent optional.
    fn none(self) -> Result<()>;
    /// Writes an optional that is there.
    fn some<T, M: Marshal<T>>(self, value: &T) -> Result<()>;
    /// Writes a list.
    fn list<'v, T: 'v, M: Marshal<T>>(self, items: impl ExactSizeIterator<Item = &'v T>) -> Result<()>;
    /// Writes a map.
    fn map<'v, K: Value, V: Value>(self, items: impl ExactSizeIterator<Item = (&'v K, &'v V)>) -> Result<()>;
    /// Begins a struct.
    fn record<S: Fields>(self) -> Result<Self::Fields<S>>;
    /// Begins variant `N` of an enum.
    fn variant<U: Value, const N: usize>(self) -> Result<Self::Variant<U, N>>;
    /// Writes a reference to an interface object.
    fn object<I: Interface + ?Sized>(self, object: &Arc<I>) -> Result<()>;
}

/// Takes fields, in the order of their numbers.
pub trait FieldWriter {
    /// Writes field `N` as `M` does.
    ///
    /// # Errors
    ///
    /// As for [`Value::write`].
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self, value: &T) -> Result<()>;

    /// Writes field `N`.
    ///
    /// # Errors
    ///
    /// As for [`Value::write`].
    fn field<const N: usize, T: Value>(&mut self, value: &T) -> Result<()> {
        self.field_with::<N, T, Itself>(value)
    }

    /// Ends the struct.
    ///
    /// # Errors
    ///
    /// As for [`Value::write`].
    fn end(self) -> Result<()>;
}

/// Gives one value.
pub trait Reader: Sized {
    /// Gives the fields of a struct.
    type Fields<S: Fields>: FieldReader;
    /// Gives the variant of an enum.
    type Variant<U: Value>: VariantReader;

    /// Reads a primitive; one that is missing reads as its default.
    ///
    /// # Errors
    ///
    /// As for [`Value::read`], here and below.
    fn prim<P: Primitive>(self) -> Result<P>;
    /// Reads text.
    fn text(self) -> Result<String>;
    /// Reads bytes.
    fn bytes(self) -> Result<Vec<u8>>;
    /// Reads an optional.
    fn option<T, M: Marshal<T>>(self) -> Result<Option<T>>;
    /// Reads a list.
    fn list<T, M: Marshal<T>, C: FromIterator<T>>(self) -> Result<C>;
    /// Reads a map. Of keys that occur twice, the last counts.
    fn map<K: Value, V: Value, C: FromIterator<(K, V)>>(self) -> Result<C>;
    /// Begins a struct.
    fn record<S: Fields>(self) -> Result<Self::Fields<S>>;
    /// Begins an enum.
    fn variant<U: Value>(self) -> Result<Self::Variant<U>>;
    /// Reads a reference to an interface object.
    fn object<I: Interface + ?Sized>(self) -> Result<Arc<I>>;
}

/// Gives fields, by number.
pub trait FieldReader {
    /// Reads field `N` as `M` does.
    ///
    /// # Errors
    ///
    /// As for [`Value::read`].
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self) -> Result<T>;

    /// Reads field `N`.
    ///
    /// # Errors
    ///
    /// As for [`Value::read`].
    fn field<const N: usize, T: Value>(&mut self) -> Result<T> {
        self.field_with::<N, T, Itself>()
    }
}

/// Tells which variant of an enum is there.
pub trait VariantReader {
    /// Gives the fields of variant `N`.
    type Fields<const N: usize>: FieldReader;

    /// The number of the variant, which may be one that this side does not know.
    fn tag(&self) -> u16;

    /// The fields of variant `N`, which must be the one that [`tag`](Self::tag) gave.
    ///
    /// # Errors
    ///
    /// As for [`Value::read`].
    fn fields<const N: usize>(self) -> Result<Self::Fields<N>>;
}

/// Names a list of fields by a type, so that a transport can compute their layout in a constant.
pub trait Fields: 'static {
    /// The fields, in the order of their ordinals.
    const FIELDS: &'static [Field];
}

/// The fields of a struct.
#[derive(Debug)]
pub struct Of<T>(PhantomData<fn() -> T>);

impl<T: Value> Fields for Of<T> {
    const FIELDS: &'static [Field] = match T::SHAPE {
        Shape::Record(fields) => fields,
        Shape::Leaf | Shape::Union(_) => panic!("not a struct"),
    };
}

/// One field named `value`, of type `T`: what wraps a value that an encoding cannot hold in some place.
#[derive(Debug)]
pub struct Only<T, M = Itself>(PhantomData<fn() -> (T, M)>);

impl<T: 'static, M: Marshal<T>> Fields for Only<T, M> {
    const FIELDS: &'static [Field] =
        &[Field { name: "value", wire_name: None, kind: M::KIND, default: 0, tag: None, ty: M::ty }];
}

/// The fields of variant `N` of an enum.
#[derive(Debug)]
pub struct VariantOf<U, const N: usize>(PhantomData<fn() -> U>);

impl<U: Value, const N: usize> Fields for VariantOf<U, N> {
    const FIELDS: &'static [Field] = match U::SHAPE {
        Shape::Union(variants) => variants[N].fields,
        Shape::Leaf | Shape::Record(_) => panic!("not an enum with data"),
    };
}
