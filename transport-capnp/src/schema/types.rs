//! How types are called.

use ipc_core::{
    Exception, Interface,
    interface::InterfaceSchema,
    value::{Kind, Prim, Ptr, Shape, Type, TypeName},
};

use super::{
    Result,
    book::{Book, Item},
    error, names,
};

/// What all closures' schemas have in common.
const CLOSURE: &InterfaceSchema = <dyn Fn() -> Result<(), Exception> + Send + Sync as Interface>::SCHEMA;

/// The name of an interface; that of a closure is made of its parameters, results and error.
pub(super) fn interface_name(schema: &InterfaceSchema) -> String {
    if (schema.module, schema.name) != (CLOSURE.module, CLOSURE.name) {
        return names::type_name(schema.name);
    }
    let method = &schema.methods[0];
    let mut name = schema.name.to_owned();
    for field in method.params.iter().chain(method.results) {
        name += &(field.ty)().name();
    }
    if let Some(error) = method.error_type() {
        name += "Or";
        name += &error.name();
    }
    names::type_name(&name)
}

/// What an interface is, to tell it from others of its name.
pub(super) fn describe_interface(schema: &InterfaceSchema) -> String {
    format!("{}::{} with the id {:#x}", schema.module, schema.name, schema.id)
}

/// What a type is, to tell it from others of its name.
pub(super) fn describe(ty: &Type) -> String {
    match ty {
        Type::Prim(name) => (*name).to_owned(),
        Type::Text => "Text".to_owned(),
        Type::Bytes => "Data".to_owned(),
        Type::List(item) => format!("List({})", describe(&item())),
        Type::Map(key, value) => format!("Map({}, {})", describe(&key()), describe(&value())),
        Type::Option(item) => format!("Option({})", describe(&item())),
        Type::Tuple(fields) => {
            let fields: Vec<String> = fields.iter().map(|field| describe(&(field.ty)())).collect();
            format!("({})", fields.join(", "))
        }
        Type::Named(name, _) | Type::Enum(name, _) => describe_name(name),
        Type::Object(schema) | Type::Closure(schema) => describe_interface(schema()),
    }
}

fn describe_name(name: &TypeName) -> String {
    format!("{}::{}", name.module, name.name)
}

/// What a field of this type is.
pub(super) fn kind(ty: &Type) -> Result<Kind> {
    Ok(match ty {
        Type::Prim(name) => Kind::Prim(match *name {
            "Void" => Prim::Void,
            "Bool" => Prim::Bool,
            "Int8" | "UInt8" => Prim::B8,
            "Int16" | "UInt16" => Prim::B16,
            "Int32" | "UInt32" | "Float32" => Prim::B32,
            "Int64" | "UInt64" | "Float64" => Prim::B64,
            other => return error(format!("there is no primitive type `{other}`")),
        }),
        Type::Enum(..) => Kind::Prim(Prim::B16),
        Type::Text => Kind::Ptr(Ptr::Text),
        Type::Bytes => Kind::Ptr(Ptr::Bytes),
        Type::List(_) | Type::Map(..) => Kind::Ptr(Ptr::List),
        Type::Tuple(_) | Type::Named(..) => Kind::Ptr(Ptr::Struct),
        Type::Object(_) | Type::Closure(_) => Kind::Ptr(Ptr::Object),
        Type::Option(item) => kind(&item())?.optional(),
    })
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
            let what = format!("({}, {})", describe(&key), describe(&value));
            book.declare(from, &name, what, || Item::Entry(key, value))?;
            Ok(format!("List({name})"))
        }
        Type::Tuple(fields) => book.local(from, ty, || Item::Record(fields.to_vec())),
        Type::Named(name, shape) => match shape {
            Shape::Record(fields) => book.local(from, ty, || Item::Record(fields.to_vec())),
            Shape::Union(variants) => book.local(from, ty, || Item::Union(variants)),
            Shape::Leaf => error(format!("{} is named, but neither a struct nor an enum", describe_name(name))),
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
