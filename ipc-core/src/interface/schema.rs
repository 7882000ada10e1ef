//! What a trait declares, as constants.

use super::Interface;
use crate::{
    exception::{Exception, ExceptionKind, Result},
    value::{Field, Kind, Ptr, Type},
};

/// What an interface declares.
#[derive(Debug)]
pub struct InterfaceSchema {
    /// The trait's name, or the one that it declares for the wire.
    pub name: &'static str,
    /// The Rust module, as `module_path!` gives it.
    pub module: &'static str,
    /// The id on the wire.
    pub id: u64,
    /// The interfaces that it extends.
    pub bases: &'static [fn() -> &'static Self],
    /// The methods, in the order of the trait.
    pub methods: &'static [MethodSchema],
    /// Whether a connection begins with an object of it: its ordinal 0 is then the hand-shake, `construct`.
    pub bootstrap: bool,
    /// The ordinal of `destroy`, for an interface whose last proxy waits until the object is dropped.
    pub destroy: Option<u16>,
    /// The first lines of the trait's documentation.
    pub doc: &'static str,
}

/// What a method declares.
#[derive(Debug)]
pub struct MethodSchema {
    /// The name in Rust's spelling, `snake_case`.
    pub name: &'static str,
    /// The name on the wire where it is not derived from [`name`](Self::name).
    pub wire_name: Option<&'static str>,
    /// The number on the wire.
    pub ordinal: u16,
    /// The parameters.
    pub params: &'static [Field],
    /// The results: one named `result`, or those that `results(…)` names.
    pub results: &'static [Field],
    /// The error type, unless it is `Exception` itself.
    pub error: Option<Field>,
    /// Whether the call carries its thread, and so runs on the server thread that stands for it.
    pub context: bool,
    /// The version of the peer's program that brought this method.
    pub since: Option<&'static str>,
}

/// What all closures' schemas have in common.
const CLOSURE: &InterfaceSchema = <dyn Fn() -> Result<()> + Send + Sync as Interface>::SCHEMA;

impl InterfaceSchema {
    /// Whether this is the schema of a closure.
    pub fn is_closure(&self) -> bool {
        (self.module, self.name) == (CLOSURE.module, CLOSURE.name)
    }

    /// A closure's name, made of its parameters, results and error.
    pub fn closure_name(&self) -> String {
        debug_assert!(self.is_closure(), "an interface has a name of its own");
        let method = &self.methods[0];
        let mut name = self.name.to_owned();
        for field in method.params.iter().chain(method.results) {
            name += &(field.ty)().name();
        }
        if let Some(error) = method.error_type() {
            name += "Or";
            name += &error.name();
        }
        name
    }

    /// What it is, to tell it from others of its name.
    pub fn describe(&self) -> String {
        format!("{}::{} with the id {:#x}", self.module, self.name, self.id)
    }

    /// Whether this is the interface with this id, or extends it.
    pub fn extends(&self, id: u64) -> bool {
        self.id == id || self.bases.iter().any(|base| base().extends(id))
    }

    /// The schema of the interface with this id: this one, or one that it extends.
    pub fn find(&'static self, id: u64) -> Option<&'static Self> {
        if self.id == id {
            return Some(self);
        }
        self.bases.iter().find_map(|base| base().find(id))
    }

    /// The method with this ordinal, not of those that it extends.
    pub fn method(&self, ordinal: u16) -> Option<&MethodSchema> {
        let is_it = |method: &&MethodSchema| method.ordinal == ordinal;
        // They are numbered in their order, as a rule.
        self.methods.get(usize::from(ordinal)).filter(is_it).or_else(|| self.methods.iter().find(is_it))
    }

    /// The interface that declares `destroy`, this one or one that it extends, and the ordinal.
    pub fn destroy(&'static self) -> Option<(u64, u16)> {
        match self.destroy {
            Some(ordinal) => Some((self.id, ordinal)),
            None => self.bases.iter().find_map(|base| base().destroy()),
        }
    }

    /// The interface that declares the hand-shake, this one or one that it extends.
    pub fn bootstrap(&'static self) -> Option<u64> {
        if self.bootstrap { Some(self.id) } else { self.bases.iter().find_map(|base| base().bootstrap()) }
    }
}

impl MethodSchema {
    /// The full type of the error, unless it is `Exception` itself.
    pub fn error_type(&self) -> Option<Type> {
        self.error.map(|error| (error.ty)())
    }

    /// Whether an answer, results or an error, may hold interface objects. This walks the types.
    pub fn answers_may_hold_objects(&self) -> bool {
        self.results.iter().chain(&self.error).any(|field| (field.ty)().may_hold_objects())
    }

    /// Whether it is plain at first sight that no answer holds interface objects: there is no error type, and the results are
    /// numbers, texts and bytes.
    pub const fn answers_are_plain(&self) -> bool {
        let mut at = 0;
        while at < self.results.len() {
            match self.results[at].kind {
                Kind::Prim(_) | Kind::OptPrim(_) => {}
                Kind::Ptr(Ptr::Text | Ptr::Bytes)
                | Kind::OptPtr(Ptr::Text | Ptr::Bytes)
                | Kind::HasPtr(Ptr::Text | Ptr::Bytes) => {}
                Kind::Ptr(_) | Kind::OptPtr(_) | Kind::HasPtr(_) | Kind::Boxed => return false,
            }
            at += 1;
        }
        self.error.is_none()
    }

    /// For transport authors: the exception that a call of this method ended with, as the caller gets it. That of a peer
    /// which does not have the method says which version brought it.
    #[must_use]
    pub fn explain(&self, exception: Exception) -> Exception {
        match self.since {
            Some(since) if exception.kind() == ExceptionKind::Unimplemented => {
                let message = format!("version {since} of the peer's program brought it: {}", exception.message());
                Exception::new(ExceptionKind::Unimplemented, message)
            }
            _ => exception,
        }
    }
}
