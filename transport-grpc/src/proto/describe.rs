//! What a type is, to tell it from others of its name.

use ipc_core::{
    Exception, Interface, Result,
    interface::InterfaceSchema,
    value::{Kind, Prim, Ptr, Type, TypeName},
};

use super::{ProtoError, error};

/// What all closures' schemas have in common.
const CLOSURE: &InterfaceSchema = <dyn Fn() -> Result<(), Exception> + Send + Sync as Interface>::SCHEMA;

/// Whether this is the schema of a closure.
pub(crate) fn is_closure(schema: &InterfaceSchema) -> bool {
    (schema.module, schema.name) == (CLOSURE.module, CLOSURE.name)
}

/// What an interface is.
pub(super) fn interface(schema: &InterfaceSchema) -> String {
    format!("{}::{} with the id {:#x}", schema.module, schema.name, schema.id)
}

/// What a type is.
pub(super) fn ty(ty: &Type) -> String {
    match ty {
        Type::Prim(name) => (*name).to_owned(),
        Type::Text => "Text".to_owned(),
        Type::Bytes => "Data".to_owned(),
        Type::List(item) => format!("List({})", self::ty(&item())),
        Type::Map(key, value) => format!("Map({}, {})", self::ty(&key()), self::ty(&value())),
        Type::Option(item) => format!("Option({})", self::ty(&item())),
        Type::Tuple(fields) => {
            let fields: Vec<String> = fields.iter().map(|field| self::ty(&(field.ty)())).collect();
            format!("({})", fields.join(", "))
        }
        Type::Named(name, _) | Type::Enum(name, _) => self::name(name),
        Type::Object(schema) | Type::Closure(schema) => interface(schema()),
    }
}

/// What a named type is.
pub(super) fn name(name: &TypeName) -> String {
    format!("{}::{}", name.module, name.name)
}

/// The kind of a field of this type.
pub(super) fn kind(ty: &Type) -> Result<Kind, ProtoError> {
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
