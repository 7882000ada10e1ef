//! What a transport must know of a field's type to lay it out.

/// How many bits a primitive takes, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prim {
    /// No bits at all: `()`.
    Void,
    /// One bit.
    Bool,
    /// 8 bits.
    B8,
    /// 16 bits; also what an enum without data takes.
    B16,
    /// 32 bits.
    B32,
    /// 64 bits.
    B64,
}

impl Prim {
    /// How many bytes it takes in memory.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Void => 0,
            Self::Bool | Self::B8 => 1,
            Self::B16 => 2,
            Self::B32 => 4,
            Self::B64 => 8,
        }
    }
}

/// What a field that does not fit into a word refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ptr {
    /// UTF-8 text.
    Text,
    /// Bytes.
    Bytes,
    /// A list of anything but bytes; a map is a list of two-field structs.
    List,
    /// A struct or a union.
    Struct,
    /// An interface object.
    Object,
}

/// All that a layout needs to know of a type.
///
/// A literal for every struct, never computed from its fields: constants that refer to each other do not compile, and a
/// recursive struct would make them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A primitive.
    Prim(Prim),
    /// An optional primitive: the value, and a presence bit as the next field.
    OptPrim(Prim),
    /// Something behind a pointer.
    Ptr(Ptr),
    /// The same, optional: absent is a null pointer.
    OptPtr(Ptr),
    /// The same, optional, with a presence bit as the next field.
    HasPtr(Ptr),
    /// An optional of what is optional already: a one-field struct, or nothing.
    Boxed,
}

impl Kind {
    /// The kind of `Option<T>` for a `T` of this kind.
    #[must_use]
    pub const fn optional(self) -> Self {
        match self {
            Self::Prim(prim) => Self::OptPrim(prim),
            Self::Ptr(ptr) => Self::OptPtr(ptr),
            Self::OptPrim(_) | Self::OptPtr(_) | Self::HasPtr(_) | Self::Boxed => Self::Boxed,
        }
    }

    /// Whether two kinds are the same, also where `==` cannot be used: in a constant.
    pub const fn same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Prim(a), Self::Prim(b)) | (Self::OptPrim(a), Self::OptPrim(b)) => a as u8 == b as u8,
            (Self::Ptr(a), Self::Ptr(b)) | (Self::OptPtr(a), Self::OptPtr(b)) | (Self::HasPtr(a), Self::HasPtr(b)) => {
                a as u8 == b as u8
            }
            (Self::Boxed, Self::Boxed) => true,
            _ => false,
        }
    }

    /// The kind of an optional field that the schema gives a presence bit of its own (`has`).
    ///
    /// # Panics
    ///
    /// At compile time, for a field that is not an optional pointer: an optional primitive always has its bit.
    #[must_use]
    pub const fn with_presence(self) -> Self {
        match self {
            Self::OptPtr(ptr) | Self::HasPtr(ptr) => Self::HasPtr(ptr),
            Self::OptPrim(prim) => Self::OptPrim(prim),
            _ => panic!("`has` belongs on an `Option`"),
        }
    }
}
