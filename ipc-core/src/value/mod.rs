//! What can cross: the [`Value`] trait and its implementations.
//!
//! A value writes itself to a [`Writer`] and reads itself from a [`Reader`]; every transport implements these two for its
//! encoding. Fields are pulled by number, so that an encoding may hold them in any order.

mod args;
mod budget;
mod bytes;
#[doc(hidden)]
pub mod collections;
mod describe;
mod exception_value;
mod fingerprint;
mod hook;
mod kind;
mod opaque_value;
mod prims;
mod shape;
mod std_types;
mod stream;
mod wide;

pub use args::{Args, Element};
pub use budget::{Budget, deeper};
pub use fingerprint::{fingerprint, mix};
pub use hook::{Hooked, Itself, Marshal, hooks};
pub use kind::{Kind, Prim, Ptr};
pub use opaque_value::{OPAQUE_LIMIT, Opaque, opaque};
pub use prims::{Bits, Primitive};
pub use shape::{Field, Shape, Type, TypeName, Variant};
pub use stream::{FieldReader, FieldWriter, Fields, Of, Only, Reader, VariantOf, VariantReader, Writer};

use crate::exception::{Exception, Result};

/// A type that can cross to another process.
///
/// Derive it: `#[derive(Value)]`. Interface objects (`Arc<dyn Trait>`) and closures are values too.
///
/// # For those who implement it by hand
///
/// `write` and `read` must agree with [`KIND`](Self::KIND) and [`SHAPE`](Self::SHAPE): a transport computes its layout
/// from these at compile time, and refuses to compile a field that is written as another kind.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cross to another process: it is not a `Value`",
    label = "not a `Value`",
    note = "derive it with `#[derive(Value)]`; an interface crosses as `Arc<dyn Trait>` with `#[interface]` on the trait",
    note = "a foreign type takes a hook: `#[value(with = module)]`, or `#[value(opaque)]` if serde knows it"
)]
pub trait Value: Sized + Send + 'static {
    /// What a layout needs to know. A literal for a struct, never computed from its fields.
    const KIND: Kind;
    /// The members.
    const SHAPE: Shape = Shape::Leaf;
    /// A structural hash, of which closures make their ids. For a named type it hashes the name alone.
    const FINGERPRINT: u64;

    /// The full type.
    fn ty() -> Type;

    /// Writes this value.
    ///
    /// # Errors
    ///
    /// `TooLarge` if it passes a limit, `Protocol` if it does not fit the wire's type.
    fn write<W: Writer>(&self, writer: W) -> Result<()>;

    /// Reads a value.
    ///
    /// # Errors
    ///
    /// `TooLarge` if it passes a limit, `Protocol` if what the peer sent is no such value.
    fn read<R: Reader>(reader: R) -> Result<Self>;

    /// For the errors of interface methods: the exception that this error does nothing but wrap.
    ///
    /// It travels as an exception, and comes back through `From`.
    fn as_exception(&self) -> Option<&Exception> {
        None
    }

    /// What a list of these is: bytes for `u8`, a list for all others.
    #[doc(hidden)]
    const LIST: Ptr = Ptr::List;

    #[doc(hidden)]
    fn list_type() -> Type {
        Type::List(Self::ty)
    }

    #[doc(hidden)]
    fn write_list<W: Writer>(items: &[Self], writer: W) -> Result<()> {
        writer.list::<Self, Itself>(items.iter())
    }

    #[doc(hidden)]
    fn read_list<R: Reader>(reader: R) -> Result<Vec<Self>> {
        reader.list::<Self, Itself, _>()
    }
}

/// An error type of an interface method: a value that can be made of an [`Exception`], because the other process can
/// always be gone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of an interface method",
    label = "needs `Value` and `From<ipc::Exception>`",
    note = "derive `Value`, add a variant `#[value(exception)] Ipc(ipc::Exception)`, and implement `From<ipc::Exception>`"
)]
pub trait Fault: Value + From<Exception> {}

#[diagnostic::do_not_recommend]
impl<E: Value + From<Exception>> Fault for E {}
