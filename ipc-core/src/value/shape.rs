//! The members of a type, known at compile time, and its full type, known on request.

use std::borrow::Cow;

use super::{Kind, Value};
use crate::interface::InterfaceSchema;

/// The members of a type.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// No members.
    Leaf,
    /// A struct's fields.
    Record(&'static [Field]),
    /// An enum's variants; exactly one is there.
    Union(&'static [Variant]),
}

/// A field of a struct, a parameter, or a result.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name in Rust's spelling, `snake_case`.
    pub name: &'static str,
    /// The name on the wire where it is not derived from [`name`](Self::name).
    pub wire_name: Option<&'static str>,
    /// What a layout needs to know.
    pub kind: Kind,
    /// The bits of a primitive's default value, with which a wire may combine it. Zero unless declared.
    pub default: u64,
    /// The number on a wire that numbers its fields from 1, where it is not the position's.
    pub tag: Option<u32>,
    /// The full type. A function, because types may refer to each other.
    pub ty: fn() -> Type,
}

impl Field {
    /// A field of type `T`, without default.
    pub const fn of<T: Value>(name: &'static str) -> Self {
        Self { name, wire_name: None, kind: T::KIND, default: 0, tag: None, ty: T::ty }
    }

    /// The same under another name on the wire.
    #[must_use]
    pub const fn named(self, wire_name: &'static str) -> Self {
        Self { wire_name: Some(wire_name), ..self }
    }

    /// The same with a presence bit of its own; see [`Kind::with_presence`].
    #[must_use]
    pub const fn with_presence(self) -> Self {
        Self { kind: self.kind.with_presence(), ..self }
    }

    /// The same under this number on a wire that numbers its fields from 1.
    #[must_use]
    pub const fn tagged(self, tag: u32) -> Self {
        Self { tag: Some(tag), ..self }
    }

    /// The same with a default, given by its bits.
    ///
    /// # Panics
    ///
    /// At compile time, for a field that is not a plain primitive.
    #[must_use]
    pub const fn with_default(self, bits: u64) -> Self {
        assert!(matches!(self.kind, Kind::Prim(_)), "only a number, a bool or an enum can have a default");
        Self { default: bits, ..self }
    }
}

/// A variant of an enum with data.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name in Rust's spelling, `CamelCase`, or the one that it declares for the wire.
    pub name: &'static str,
    /// The number on a wire that numbers its fields from 1, where it is not the position's.
    pub tag: Option<u32>,
    /// The variant's fields; those of a tuple variant are named by number.
    pub fields: &'static [Field],
}

/// A type in full, for printing schemas. Members are functions, walked on demand.
#[derive(Clone, Debug)]
pub enum Type {
    /// A primitive; the name is Cap'n Proto's: `Void`, `Bool`, `Int8` to `UInt64`, `Float32`, `Float64`.
    Prim(&'static str),
    /// UTF-8 text.
    Text,
    /// Bytes.
    Bytes,
    /// A list.
    List(fn() -> Self),
    /// A map: a list of pairs whose keys are unique.
    Map(fn() -> Self, fn() -> Self),
    /// An optional.
    Option(fn() -> Self),
    /// Several values, in order.
    Tuple(&'static [Field]),
    /// A struct or an enum with data.
    Named(TypeName, Shape),
    /// An enum without data, with its variants in the order of their numbers.
    Enum(TypeName, &'static [&'static str]),
    /// An interface object.
    Object(fn() -> &'static InterfaceSchema),
    /// A closure: an interface object without a name of its own.
    Closure(fn() -> &'static InterfaceSchema),
}

/// The name of a type, and where it lives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeName {
    /// The Rust module, as `module_path!` gives it.
    pub module: &'static str,
    /// The Rust name, or the one that it declares for the wire; for a generic type its arguments' names follow.
    pub name: Cow<'static, str>,
}

/// So deep types are looked at for what they hold.
const MOST_DEPTH: usize = 64;

impl Type {
    /// Whether a value of this type may hold interface objects or closures. One that is nested very deeply may, for all that
    /// this says.
    pub fn may_hold_objects(&self) -> bool {
        self.holds_objects(&mut Vec::new(), 0)
    }

    /// `seen` are the members that are looked at already: types may refer to each other.
    fn holds_objects(&self, seen: &mut Vec<*const Field>, depth: usize) -> bool {
        if depth > MOST_DEPTH {
            return true;
        }
        let mut held = |fields: &'static [Field]| {
            if fields.is_empty() || seen.contains(&fields.as_ptr()) {
                return false;
            }
            seen.push(fields.as_ptr());
            fields.iter().any(|field| (field.ty)().holds_objects(seen, depth + 1))
        };
        match self {
            Self::Prim(_) | Self::Text | Self::Bytes | Self::Enum(..) | Self::Named(_, Shape::Leaf) => false,
            Self::Object(_) | Self::Closure(_) => true,
            Self::Tuple(fields) | Self::Named(_, Shape::Record(fields)) => held(fields),
            Self::Named(_, Shape::Union(variants)) => variants.iter().any(|variant| held(variant.fields)),
            Self::List(item) | Self::Option(item) => item().holds_objects(seen, depth + 1),
            Self::Map(key, value) => key().holds_objects(seen, depth + 1) || value().holds_objects(seen, depth + 1),
        }
    }

    /// A name that tells this type from others, in `CamelCase`.
    pub fn name(&self) -> String {
        match self {
            Self::Prim(name) => (*name).to_owned(),
            Self::Text => "Text".into(),
            Self::Bytes => "Data".into(),
            Self::List(item) => format!("ListOf{}", item().name()),
            Self::Map(key, value) => format!("MapOf{}To{}", key().name(), value().name()),
            Self::Option(item) => format!("OptionOf{}", item().name()),
            Self::Tuple(fields) => {
                let mut name = String::from(if fields.len() == 2 { "Pair" } else { "Tuple" });
                for field in *fields {
                    name.push_str("Of");
                    name.push_str(&(field.ty)().name());
                }
                name
            }
            Self::Named(name, _) | Self::Enum(name, _) => name.name.clone().into_owned(),
            Self::Object(schema) => schema().name.to_owned(),
            Self::Closure(schema) => {
                let method = &schema().methods[0];
                let mut name = String::from("Fn");
                for field in method.params.iter().chain(method.results) {
                    name.push_str(&(field.ty)().name());
                }
                name
            }
        }
    }
}
