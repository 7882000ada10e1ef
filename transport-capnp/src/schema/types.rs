//! How types are called.

use ipc_core::{
    interface::InterfaceSchema,
    value::{Shape, Type},
};

use super::{
    Result,
    book::{Book, Item},
    error, names,
};

/// The name of an interface.
pub(super) fn interface_name(schema: &InterfaceSchema) -> String {
    if schema.is_closure() { names::type_name(&schema.closure_name()) } else { names::type_name(schema.name) }
}

/// The type of a field. Of an optional that is the value's, beside which a presence bit may stand; an optional of an
/// optional is a struct.
pub(super) fn reference(book: &mut Book<'_>, from: usize, ty: &Type) -> Result<String> {
    match ty {
        Type::Option(item) => match item() {
            inner @ Type::Option(_) => wrapper(book, from, &inner),
            inner => reference(book, from, &inner),
        },
        Type::Prim(name) => Ok((*name).to_owned()),
        Type::Text => Ok("Text".to_owned()),
        Type::Bytes => Ok("Data".to_owned()),
        Type::List(item) => Ok(format!("List({})", element(book, from, &item())?)),
        Type::Map(key, value) => {
            let (key, value) = (key(), value());
            let name = names::type_name(&format!("PairOf{}Of{}", key.name(), value.name()));
            let what = format!("({}, {})", key.describe(), value.describe());
            book.declare(from, &name, what, || Item::Entry(key, value))?;
            Ok(format!("List({name})"))
        }
        Type::Tuple(fields) => book.local(from, ty, || Item::Record(fields.to_vec())),
        Type::Named(name, shape) => match shape {
            Shape::Record(fields) => book.local(from, ty, || Item::Record(fields.to_vec())),
            Shape::Union(variants) => book.local(from, ty, || Item::Union(variants)),
            Shape::Leaf => error(format!("{} is named, but neither a struct nor an enum", name)),
        },
        Type::Enum(_, variants) => book.local(from, ty, || Item::Enum(variants)),
        Type::Object(schema) | Type::Closure(schema) => book.interface(from, schema()),
    }
}

/// The type of a list's element: an optional one is a struct.
fn element(book: &mut Book<'_>, from: usize, ty: &Type) -> Result<String> {
    match ty {
        Type::Option(_) => wrapper(book, from, ty),
        _ => reference(book, from, ty),
    }
}

fn wrapper(book: &mut Book<'_>, from: usize, ty: &Type) -> Result<String> {
    let value = ty.clone();
    book.local(from, ty, || Item::Wrapper(value))
}
