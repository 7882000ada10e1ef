//! Derived `.capnp` files: the schemas of interfaces, for other languages and for review.
//!
//! The traits are the definition; nothing is built from these files. They compile with the `capnp` tool, and give every
//! field the place that this crate computes for it. All ids are explicit. Output depends on the input alone.
//!
//! What has no name in Rust gets one made of what it holds: `PairOfTextOfUInt32`, `OptionOfText` (the element of a list of
//! optionals), `FnUInt32Bool` (a closure). The struct of a variant with several fields is named after both.
//!
//! ```
//! # use transport_capnp::schema::Schemas;
//! type Visit = dyn Fn(u32, Option<u8>) -> ipc_core::Result<bool> + Send + Sync;
//!
//! let files = Schemas::new().file("visits.capnp", "my_program").interface::<Visit>().texts()?;
//! assert!(files["visits.capnp"].contains("call @0 (context :Proxy.Context, a :UInt32, b :UInt8, hasB :Bool)"));
//! # Ok::<(), transport_capnp::schema::SchemaError>(())
//! ```

mod book;
mod declare;
mod names;
mod page;
#[cfg(test)]
mod tests;
mod types;

use std::{collections::BTreeMap, fmt};

use ipc_core::{Interface, interface::InterfaceSchema, value::Type};

use book::Book;

/// Where the files import what libmultiprocess shares among its schemas from.
pub const PROXY_FILE: &str = "mp/proxy.capnp";

/// The text of [`PROXY_FILE`].
pub const PROXY: &str = include_str!("proxy.capnp");

/// Interfaces and types to be described, and the files to do it in.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    files: Vec<File>,
    interfaces: Vec<&'static InterfaceSchema>,
    types: Vec<Type>,
}

#[derive(Clone, Debug)]
struct File {
    name: String,
    module: String,
    id: Option<u64>,
}

impl Schemas {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A file for what is declared in this Rust module and below it. Of several, the one with the longest module counts.
    ///
    /// An interface or type of which no file says so goes into the first; tuples and the like, and the core's own types, go
    /// into each file that uses them.
    #[must_use]
    pub fn file(self, name: impl Into<String>, module: impl Into<String>) -> Self {
        self.push(File { name: name.into(), module: module.into(), id: None })
    }

    /// The same with an id. Otherwise it is derived from the module's crate and the file's name.
    #[must_use]
    pub fn file_with_id(self, name: impl Into<String>, module: impl Into<String>, id: u64) -> Self {
        self.push(File { name: name.into(), module: module.into(), id: Some(id) })
    }

    fn push(mut self, file: File) -> Self {
        self.files.push(file);
        self
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

    /// Describes a type, and all that it mentions.
    #[must_use]
    pub fn value(mut self, ty: Type) -> Self {
        self.types.push(ty);
        self
    }

    /// The texts of the files by their names, and that of [`PROXY_FILE`].
    ///
    /// # Errors
    ///
    /// If two types of one file have the same name, or two members of one type; if there is no file at all.
    pub fn texts(&self) -> Result<BTreeMap<String, String>, SchemaError> {
        let mut book = Book::new(&self.files)?;
        for schema in &self.interfaces {
            book.request_interface(schema)?;
        }
        for ty in &self.types {
            book.request_type(ty)?;
        }
        book.finish()
    }
}

/// Why there is no schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError(String);

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SchemaError {}

type Result<T, E = SchemaError> = std::result::Result<T, E>;

fn error<T>(message: impl Into<String>) -> Result<T> {
    Err(SchemaError(message.into()))
}
