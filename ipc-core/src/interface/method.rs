//! Methods as types, on which ids, parameters and results hang.

use std::marker::PhantomData;

use super::{Interface, MethodSchema};
use crate::value::{Field, Fields};

/// Method number `M` of interface `I`, counted in the order of the trait.
pub struct Method<I: ?Sized, const M: usize>(PhantomData<fn(&I)>);

/// Method number `M` of interface `I`.
pub const fn method<I: Interface + ?Sized, const M: usize>() -> Method<I, M> {
    Method(PhantomData)
}

impl<I: Interface + ?Sized, const M: usize> Method<I, M> {
    /// What it declares.
    pub const SCHEMA: &'static MethodSchema = &I::SCHEMA.methods[M];
}

/// The parameters of a method.
pub struct Params<I: ?Sized, const M: usize>(PhantomData<fn(&I)>);

impl<I: Interface + ?Sized, const M: usize> Fields for Params<I, M> {
    const FIELDS: &'static [Field] = I::SCHEMA.methods[M].params;
}

/// The results of a method.
pub struct Results<I: ?Sized, const M: usize>(PhantomData<fn(&I)>);

impl<I: Interface + ?Sized, const M: usize> Fields for Results<I, M> {
    const FIELDS: &'static [Field] = I::SCHEMA.methods[M].results;
}
