//! Types as messages, enums and fields.

use std::borrow::Cow;

use ipc_core::value::{Field, Kind, Prim, Shape, Type, Variant};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto, MessageOptions,
    OneofDescriptorProto,
    field_descriptor_proto::{Label, Type as Wire},
};

use super::{
    Result,
    book::{Book, Item},
    error, names, well_known,
};
use crate::encoding::numbers::{self, Form};

/// Where a package's types stand.
pub(super) fn types_file(package: &str) -> String {
    if package == "ipc" { well_known::IPC.to_owned() } else { format!("{}/types.proto", names::folder(package)) }
}

/// The message in which an error travels: its own, or one around it.
pub(super) fn error_name(ty: &Type) -> String {
    match ty {
        Type::Named(..) => names::camel(&ty.name()),
        _ => names::camel(&format!("ErrorOf{}", ty.name())),
    }
}

/// The full name of that message, for a method of an interface in this package.
pub(crate) fn error_type(ty: &Type, package: &str) -> String {
    let package = match ty {
        Type::Named(name, _) if matches!(name.name, Cow::Borrowed(_)) => names::package(name.module),
        _ => package.to_owned(),
    };
    format!("{package}.{}", error_name(ty))
}

/// A field's type.
enum Of {
    Scalar(Wire),
    Enum(String),
    Message(String),
}

impl Book {
    /// Has a type declared if it needs to be.
    pub(super) fn type_of(&mut self, package: &str, ty: &Type) -> Result<()> {
        self.element(package, ty).map(drop)
    }

    /// The message in which an error travels.
    pub(super) fn error_message(&mut self, package: &str, ty: &Type) -> Result<String> {
        match ty {
            Type::Named(..) => match self.plain(package, ty)? {
                Of::Message(name) => Ok(name),
                Of::Scalar(_) | Of::Enum(_) => error("a struct or an enum with data is a message"),
            },
            _ => self.wrapper(package, &error_name(ty), ty),
        }
    }

    /// A message of these fields.
    pub(super) fn record(
        &mut self,
        package: &str,
        full: &str,
        name: &str,
        fields: &[Field],
    ) -> Result<DescriptorProto> {
        let mut message = DescriptorProto { name: Some(name.to_owned()), ..Default::default() };
        for (n, field) in fields.iter().enumerate() {
            let declared = (field.ty)().kind().or_else(error)?;
            let agree = match (field.kind, declared) {
                (Kind::HasPtr(a), Kind::OptPtr(b)) => a == b,
                (kind, declared) => kind == declared,
            };
            if !agree {
                return error(format!("{name}: `{}` is {:?}, but its type is {declared:?}", field.name, field.kind));
            }
            if field.kind == Kind::Prim(Prim::Void) {
                // Never written, and nobody looks at it.
                continue;
            }
            let (number, name) = (numbers::field(fields, n), names::field(field));
            self.field(package, full, &mut message, &name, &(field.ty)(), number, field.default)?;
        }
        distinct(name, message.field.iter().map(|field| field.name()))?;
        add_presence(&mut message);
        Ok(message)
    }

    /// Adds a field to a message.
    #[allow(clippy::too_many_arguments, reason = "a field has as many sides")]
    fn field(
        &mut self,
        package: &str,
        full: &str,
        message: &mut DescriptorProto,
        name: &str,
        ty: &Type,
        number: u32,
        default: u64,
    ) -> Result<()> {
        if let Type::Option(item) = ty
            && let object @ (Type::Object(_) | Type::Closure(_)) = item()
        {
            self.about_object(package, format!("{full}.{name}"), &object)?;
        }
        self.about_object(package, format!("{full}.{name}"), ty)?;
        if default != 0 {
            self.comment(format!("{full}.{name}"), format!("Reads as {} if it is absent.", default_text(ty, default)));
        }
        let (label, of, optional) = match (numbers::form(ty.kind().or_else(error)?), ty) {
            (Form::Plain, _) => (Label::Optional, self.plain(package, ty)?, default != 0),
            (Form::Optional, Type::Option(item)) => (Label::Optional, self.plain(package, &item())?, true),
            (Form::Wrapped, Type::Option(item)) => (Label::Optional, self.wrapped(package, &item())?, false),
            (Form::Repeated, Type::List(item)) => (Label::Repeated, self.element(package, &item())?, false),
            (Form::Repeated, Type::Map(key, value)) => {
                (Label::Repeated, self.entry(package, full, message, name, &key(), &value())?, false)
            }
            (form, ty) => return error(format!("`{name}`: {} cannot be {form:?}", ty.describe())),
        };
        let optional = optional && !matches!(of, Of::Message(_));
        let (wire, type_name) = match of {
            Of::Scalar(wire) => (wire, None),
            Of::Enum(name) => (Wire::Enum, Some(name)),
            Of::Message(name) => (Wire::Message, Some(name)),
        };
        message.field.push(FieldDescriptorProto {
            name: Some(name.to_owned()),
            number: Some(number as i32),
            label: Some(label.into()),
            r#type: Some(wire.into()),
            type_name,
            proto3_optional: optional.then_some(true),
            ..Default::default()
        });
        Ok(())
    }

    /// Says of a field that holds an object which interface that has.
    fn about_object(&mut self, package: &str, full: String, ty: &Type) -> Result<()> {
        match ty {
            Type::Object(schema) => {
                let schema = schema();
                self.service(schema)?;
                self.comment(full, format!("An object of {}.", names::full_service(schema)));
            }
            Type::Closure(schema) => {
                let schema = schema();
                self.closure_messages(package, schema)?;
                let name = names::closure(schema);
                self.comment(full, format!("A closure: {name}Request to {name}Response."));
            }
            _ => {}
        }
        Ok(())
    }

    /// A value in the field itself.
    fn plain(&mut self, package: &str, ty: &Type) -> Result<Of> {
        Ok(match ty {
            Type::Prim(name) => Of::Scalar(match *name {
                "Bool" | "Void" => Wire::Bool,
                "UInt8" | "UInt16" | "UInt32" => Wire::Uint32,
                "UInt64" => Wire::Uint64,
                "Int8" | "Int16" | "Int32" => Wire::Int32,
                "Int64" => Wire::Int64,
                "Float32" => Wire::Float,
                "Float64" => Wire::Double,
                other => return error(format!("there is no primitive type `{other}`")),
            }),
            Type::Text => Of::Scalar(Wire::String),
            Type::Bytes => Of::Scalar(Wire::Bytes),
            Type::Object(schema) => {
                self.service(schema())?;
                Of::Message(self.object()?)
            }
            Type::Closure(schema) => {
                self.closure_messages(package, schema())?;
                Of::Message(self.object()?)
            }
            Type::Tuple(fields) => {
                let (name, fields) = (names::camel(&ty.name()), *fields);
                self.message(package, &name, ty, move |book, package, full, name| {
                    book.record(package, full, name, fields)
                })?
            }
            Type::Named(name, shape) => {
                if let Some((full, file)) = well_known::of(name.module, &name.name) {
                    return Ok(Of::Message(self.import(full, file)));
                }
                // A generic type belongs to whoever names its arguments: packages may not need each other in a circle.
                let home = match name.name {
                    Cow::Borrowed(_) => names::package(name.module),
                    Cow::Owned(_) => package.to_owned(),
                };
                let shape = *shape;
                self.message(&home, &names::camel(&name.name), ty, move |book, package, full, name| match shape {
                    Shape::Record(fields) => book.record(package, full, name, fields),
                    Shape::Union(variants) => book.union(package, full, name, variants),
                    Shape::Leaf => error(format!("{name} is named, but neither a struct nor an enum")),
                })?
            }
            Type::Enum(name, variants) => {
                let variants = *variants;
                let home = names::package(name.module);
                let name = names::camel(&name.name);
                let owner = name.clone();
                Of::Enum(self.declare(&home, &types_file(&home), &name, ty.describe(), move |_, _| {
                    enumeration(&owner, variants).map(Item::Enum)
                })?)
            }
            Type::List(_) | Type::Map(..) | Type::Option(_) => {
                return error(format!("{} has no place of its own", ty.describe()));
            }
        })
    }

    fn message(
        &mut self,
        package: &str,
        name: &str,
        ty: &Type,
        fields: impl FnOnce(&mut Self, &str, &str, &str) -> Result<DescriptorProto> + 'static,
    ) -> Result<Of> {
        let (owner, home) = (name.to_owned(), package.to_owned());
        let full = self.declare(package, &types_file(package), name, ty.describe(), move |book, full| {
            fields(book, &home, full, &owner).map(Item::Message)
        })?;
        Ok(Of::Message(full))
    }

    /// The element of a list.
    fn element(&mut self, package: &str, ty: &Type) -> Result<Of> {
        if numbers::element_is_wrapped(ty.kind().or_else(error)?) {
            return self.wrapped(package, ty);
        }
        self.plain(package, ty)
    }

    /// The message around a value that has no place of its own.
    fn wrapped(&mut self, package: &str, ty: &Type) -> Result<Of> {
        self.wrapper(package, &names::camel(&ty.name()), ty).map(Of::Message)
    }

    fn wrapper(&mut self, package: &str, name: &str, ty: &Type) -> Result<String> {
        let (owner, home, inner) = (name.to_owned(), package.to_owned(), ty.clone());
        let what = format!("a message around {}", ty.describe());
        self.declare(package, &types_file(package), name, what, move |book, full| {
            let mut message = DescriptorProto { name: Some(owner), ..Default::default() };
            book.field(&home, full, &mut message, "value", &inner, 1, 0)?;
            add_presence(&mut message);
            Ok(Item::Message(message))
        })
    }

    /// The entry of a map: protobuf's own where it allows one, else a message of its own; both are the same on the wire.
    fn entry(
        &mut self,
        package: &str,
        full: &str,
        message: &mut DescriptorProto,
        name: &str,
        key: &Type,
        value: &Type,
    ) -> Result<Of> {
        let key_fits = match key {
            Type::Text => true,
            Type::Prim(name) => !name.starts_with("Float") && *name != "Void",
            _ => false,
        };
        let is_map = key_fits && numbers::form(value.kind().or_else(error)?) == Form::Plain;
        let entry = match is_map {
            true => format!("{}Entry", names::camel(name)),
            false => names::camel(&format!("PairOf{}Of{}", key.name(), value.name())),
        };
        let what = format!("({}, {})", key.describe(), value.describe());
        if !is_map {
            let (key, value, owner, home) = (key.clone(), value.clone(), entry.clone(), package.to_owned());
            let full = self.declare(package, &types_file(package), &entry, what, move |book, full| {
                let mut pair = DescriptorProto { name: Some(owner), ..Default::default() };
                book.field(&home, full, &mut pair, "key", &key, 1, 0)?;
                book.field(&home, full, &mut pair, "value", &value, 2, 0)?;
                add_presence(&mut pair);
                Ok(Item::Message(pair))
            })?;
            return Ok(Of::Message(full));
        }
        let nested = format!("{full}.{entry}");
        let mut pair = DescriptorProto {
            name: Some(entry),
            options: Some(MessageOptions { map_entry: Some(true), ..Default::default() }),
            ..Default::default()
        };
        self.field(package, &nested, &mut pair, "key", key, 1, 0)?;
        self.field(package, &nested, &mut pair, "value", value, 2, 0)?;
        message.nested_type.push(pair);
        Ok(Of::Message(nested))
    }

    /// A message with one of these variants.
    fn union(
        &mut self,
        package: &str,
        full: &str,
        name: &str,
        variants: &'static [Variant],
    ) -> Result<DescriptorProto> {
        let mut message = DescriptorProto { name: Some(name.to_owned()), ..Default::default() };
        for (n, variant) in variants.iter().enumerate() {
            let number = numbers::variant(variants, n);
            let member = names::member(variant.name);
            if numbers::is_direct(variant.fields) {
                self.field(package, full, &mut message, &member, &(variant.fields[0].ty)(), number, 0)?;
            } else {
                let nested = names::camel(variant.name);
                let nested_full = format!("{full}.{nested}");
                let fields = self.record(package, &nested_full, &nested, variant.fields)?;
                message.nested_type.push(fields);
                message.field.push(FieldDescriptorProto {
                    name: Some(member),
                    number: Some(number as i32),
                    label: Some(Label::Optional.into()),
                    r#type: Some(Wire::Message.into()),
                    type_name: Some(nested_full),
                    ..Default::default()
                });
            }
        }
        distinct(name, message.field.iter().map(|field| field.name()))?;
        for field in &mut message.field {
            field.oneof_index = Some(0);
        }
        if !message.field.is_empty() {
            message.oneof_decl.push(OneofDescriptorProto { name: Some("variant".into()), options: None });
        }
        Ok(message)
    }
}

/// Declares what proto3 knows by that an optional is there: a choice of one.
fn add_presence(message: &mut DescriptorProto) {
    for field in message.field.iter_mut().filter(|field| field.proto3_optional()) {
        field.oneof_index = Some(message.oneof_decl.len() as i32);
        let name = format!("_{}", field.name());
        message.oneof_decl.push(OneofDescriptorProto { name: Some(name), options: None });
    }
}

fn enumeration(name: &str, variants: &[&str]) -> Result<EnumDescriptorProto> {
    let prefix = names::snake(name);
    let value = |(number, variant): (i32, &&str)| EnumValueDescriptorProto {
        name: Some(format!("{prefix}_{}", names::snake(variant)).to_ascii_uppercase()),
        number: Some(number),
        options: None,
    };
    let values: Vec<EnumValueDescriptorProto> = (0..).zip(variants).map(value).collect();
    distinct(name, values.iter().map(|value| value.name()))?;
    Ok(EnumDescriptorProto { name: Some(name.to_owned()), value: values, ..Default::default() })
}

/// Checks that no two members have one name.
fn distinct<'m>(owner: &str, members: impl IntoIterator<Item = &'m str>) -> Result<()> {
    let mut seen = std::collections::BTreeSet::new();
    for name in members {
        if !seen.insert(name) {
            return error(format!("{owner} has two members of the name `{name}`; rename one"));
        }
    }
    Ok(())
}

fn default_text(ty: &Type, bits: u64) -> String {
    match ty {
        Type::Prim("Bool") => "true".to_owned(),
        Type::Prim("Int8" | "Int16" | "Int32" | "Int64") => (bits as i64).to_string(),
        Type::Prim("Float32") => f32::from_bits(bits as u32).to_string(),
        Type::Prim("Float64") => f64::from_bits(bits).to_string(),
        _ => bits.to_string(),
    }
}
