//! Lists of fields as types, so that the place of each field is a constant in the compiled code.

use std::marker::PhantomData;

use ipc_core::{
    Interface,
    value::{Field, Fields, Kind, Marshal, Ptr, Value, VariantOf},
};

use super::raw::Sizing;
use crate::layout::{Members, Size, Union, size_of};

/// The fields of one struct on the wire.
pub(super) trait Section {
    const MEMBERS: Members<'static>;
}

/// The fields that a type names.
pub(super) struct Record<S>(PhantomData<fn() -> S>);

impl<S: Fields> Section for Record<S> {
    const MEMBERS: Members<'static> = Members::of(S::FIELDS);
}

impl<S: Fields> Sizing for Record<S> {
    const SIZE: Size = Members::of(S::FIELDS).size();
}

/// The parameters of method `M`, after its context.
pub(super) struct Params<I: ?Sized, const M: usize>(PhantomData<fn(&I)>);

impl<I: Interface + ?Sized, const M: usize> Section for Params<I, M> {
    const MEMBERS: Members<'static> = Members::params(&I::SCHEMA.methods[M]);
}

/// The results of method `M`, and its error.
pub(super) struct Results<I: ?Sized, const M: usize>(PhantomData<fn(&I)>);

impl<I: Interface + ?Sized, const M: usize> Section for Results<I, M> {
    const MEMBERS: Members<'static> = Members::results(&I::SCHEMA.methods[M]);
}

/// The one field of a struct around a value that has no place of its own: an optional in a list or in an optional.
pub(super) struct Wrapped<T, M>(PhantomData<fn() -> (T, M)>);

impl<T, M: Marshal<T>> Section for Wrapped<T, M> {
    const MEMBERS: Members<'static> =
        Members::of(&[Field { name: "value", wire_name: None, kind: M::KIND, default: 0, tag: None, ty: M::ty }]);
}

impl<T, M: Marshal<T>> Sizing for Wrapped<T, M> {
    const SIZE: Size = Self::MEMBERS.size();
}

/// The struct that a value is.
pub(super) struct Itself<T, M>(PhantomData<fn() -> (T, M)>);

impl<T, M: Marshal<T>> Sizing for Itself<T, M> {
    const SIZE: Size = match M::KIND {
        Kind::Ptr(Ptr::Struct) => size_of(M::SHAPE),
        // Never used; a constant in a branch not taken may be computed all the same.
        _ => Size { data: 0, pointers: 0 },
    };
}

/// The struct that holds the fields of variant `N` where they are not the union's member itself.
pub(super) struct Variant<U, const N: usize>(PhantomData<fn() -> U>);

impl<U: Value, const N: usize> Section for Variant<U, N> {
    const MEMBERS: Members<'static> = Members::of(VariantOf::<U, N>::FIELDS);
}

/// The union that an enum with data is.
pub(super) const fn union_of<U: Value>() -> Union<'static> {
    match U::SHAPE {
        ipc_core::value::Shape::Union(variants) => Union { variants },
        _ => panic!("not an enum with data"),
    }
}

/// Whether a value of one kind can stand in a field of another: the same, or with a presence bit that the field adds.
pub(super) const fn fits(value: Kind, field: Kind) -> bool {
    match (value, field) {
        (Kind::OptPtr(a), Kind::HasPtr(b)) => Kind::Ptr(a).same(Kind::Ptr(b)),
        _ => value.same(field),
    }
}
