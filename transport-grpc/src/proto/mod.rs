//! Derived `.proto` files, and the descriptors that server reflection gives: for other languages and for review.
//!
//! The traits are the definition; nothing is built from these files. Each module of a crate is a package, with all below it. Its interfaces have a file and
//! a service each, with a request and a response message for every method; what they are made of stands in the package's
//! `types.proto`. Output depends on the input alone.
//!
//! What has no name in Rust gets one made of what it holds: `PairOfTextOfUInt32`, `OptionOfText` (the element of a list of
//! optionals), `FnUInt32Bool` (a closure). It stands in the package that uses it, as do generic types.
//!
//! ```
//! # use transport_grpc::proto::Protos;
//! type Visit = dyn Fn(u32, Option<u8>) -> ipc_core::Result<bool> + Send + Sync;
//!
//! let files = Protos::new().closure::<Visit>("my_program").texts()?;
//! assert!(files["my_program/types.proto"].contains("message FnUInt32OptionOfUInt8BoolRequest {"));
//! # Ok::<(), transport_grpc::proto::ProtoError>(())
//! ```

mod book;
mod interfaces;
pub(crate) mod names;
mod sessions;
#[cfg(test)]
mod tests;
mod text;
mod types;
mod well_known;

use std::{collections::BTreeMap, fmt};

use ipc_core::{Interface, interface::InterfaceSchema, value::Type};
use prost_types::FileDescriptorSet;

use book::Book;
pub(crate) use sessions::{mentioned, why_session};
pub(crate) use types::error_type;
pub(crate) use well_known::session as session_descriptor;

/// Interfaces and types to be described.
#[derive(Clone, Debug, Default)]
pub struct Protos {
    interfaces: Vec<&'static InterfaceSchema>,
    others: Vec<(String, Other)>,
}

#[derive(Clone, Debug)]
enum Other {
    Type(Type),
    Closure(&'static InterfaceSchema),
}

impl Protos {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Describes an interface, and all that it mentions.
    #[must_use]
    pub fn interface<I: Interface + ?Sized>(self) -> Self {
        self.schema(I::SCHEMA)
    }

    /// The same, given by its schema.
    #[must_use]
    pub fn schema(mut self, schema: &'static InterfaceSchema) -> Self {
        self.interfaces.push(schema);
        self
    }

    /// Describes a closure as this crate uses it, and all that it mentions.
    #[must_use]
    pub fn closure<I: Interface + ?Sized>(mut self, user: impl Into<String>) -> Self {
        self.others.push((user.into(), Other::Closure(I::SCHEMA)));
        self
    }

    /// Describes a type as this crate uses it, and all that it mentions.
    #[must_use]
    pub fn value(mut self, user: impl Into<String>, ty: Type) -> Self {
        self.others.push((user.into(), Other::Type(ty)));
        self
    }

    /// The texts of the files by their paths.
    ///
    /// # Errors
    ///
    /// If two types of one package have the same name, or two members of one type.
    pub fn texts(&self) -> Result<BTreeMap<String, String>, ProtoError> {
        self.book().map(|book| book.texts())
    }

    /// The files as descriptors, without comments. Those of protobuf itself that they import are among them.
    ///
    /// # Errors
    ///
    /// As for [`texts`](Self::texts).
    pub fn descriptors(&self) -> Result<FileDescriptorSet, ProtoError> {
        self.book().map(Book::descriptors)
    }

    fn book(&self) -> Result<Book> {
        let mut book = Book::new();
        for schema in &self.interfaces {
            book.interface(schema)?;
        }
        for (user, other) in &self.others {
            match other {
                Other::Type(ty) => book.mention(user, ty)?,
                Other::Closure(schema) => book.closure(user, schema)?,
            }
        }
        book.finish()
    }
}

/// Why there is no `.proto`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtoError(String);

impl fmt::Display for ProtoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ProtoError {}

type Result<T, E = ProtoError> = std::result::Result<T, E>;

fn error<T>(message: impl Into<String>) -> Result<T> {
    Err(ProtoError(message.into()))
}
