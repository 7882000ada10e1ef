//! Values as protobuf messages.
//!
//! A struct is a message; its fields are numbered from 1 in their order, or as `#[value(tag = N)]` says. A number that is
//! zero, and a text or list that is empty, is left out. What proto3 has no place for gets a message around it, with the one
//! field `value`: a list in a list or in an optional, an optional in a list or in an optional. An enum with data is a `oneof`.
//! The derived `.proto` says it for each type; see [`crate::proto`].
//!
//! An interface object is a message that holds its index among the objects of the frame.

mod budget;
pub(crate) mod numbers;
mod read;
mod slots;
#[cfg(test)]
mod tests;
pub(crate) mod wire;
mod write;

use ipc_core::{
    Exception, ExceptionKind, Limits, Result,
    session::{ObjectSink, ObjectSource},
    value::{Args, Field, FieldReader, FieldWriter, Fields, Only, Prim, Primitive, Type, Value},
};

use read::Page;
use wire::Scalar;
use write::Sheet;

/// The message that stands for an interface object.
pub(crate) struct Object;

impl Fields for Object {
    const FIELDS: &'static [Field] = &[Field::of::<u32>("index")];
}

/// Writes values as a message of the fields `F`.
///
/// # Errors
///
/// `TooLarge` past a limit, and what a value or the sink refuses.
pub(crate) fn encode<F: Fields, A: Args, O: ObjectSink>(values: &A, sink: &O, limits: &Limits) -> Result<Vec<u8>> {
    let mut sheet = Sheet::new(sink, limits);
    values.write(&mut sheet.root::<F>()?)?;
    Ok(sheet.into_bytes())
}

/// Reads them.
///
/// # Errors
///
/// `Protocol` if they are malformed, `TooLarge` past a limit, and what a value or the source refuses.
pub(crate) fn decode<F: Fields, A: Args, S: ObjectSource>(bytes: &[u8], source: &S, limits: &Limits) -> Result<A> {
    let page = Page::new(source, limits, bytes)?;
    A::read(&mut page.root::<F>(bytes)?)
}

/// Writes a value as a message of one field, `value`: a method's error.
///
/// # Errors
///
/// As for [`encode`].
pub(crate) fn encode_value<T: Value, O: ObjectSink>(value: &T, sink: &O, limits: &Limits) -> Result<Vec<u8>> {
    let mut sheet = Sheet::new(sink, limits);
    sheet.root::<Only<T>>()?.field::<0, T>(value)?;
    Ok(sheet.into_bytes())
}

/// Reads what [`encode_value`] wrote.
///
/// # Errors
///
/// As for [`decode`].
pub(crate) fn decode_value<T: Value, S: ObjectSource>(bytes: &[u8], source: &S, limits: &Limits) -> Result<T> {
    let page = Page::new(source, limits, bytes)?;
    page.root::<Only<T>>(bytes)?.field::<0, T>()
}

/// How a primitive is written.
const fn scalar_of<P: Primitive>() -> Scalar {
    match P::PRIM {
        Prim::B32 if P::FLOAT => Scalar::Fixed32,
        Prim::B64 if P::FLOAT => Scalar::Fixed64,
        _ => Scalar::Varint,
    }
}

/// The same for a type whose Rust type is not at hand: the element of a list.
fn scalar_of_type(ty: &Type) -> Scalar {
    match ty {
        Type::Prim("Float32") => Scalar::Fixed32,
        Type::Prim("Float64") => Scalar::Fixed64,
        _ => Scalar::Varint,
    }
}

/// A value that is written or read as another kind than it says.
#[cold]
fn disagree() -> Exception {
    Exception::new(ExceptionKind::Protocol, "a value is written or read as another kind than it declares")
}
