//! Interfaces: traits whose objects can live in another process.

mod closures;
mod method;
mod outcome;
mod proxy;
mod schema;

use std::{
    any::{Any, TypeId},
    sync::Arc,
};

pub use method::{Method, Params, Results, method};
pub use outcome::Outcome;
pub use proxy::Proxy;
pub use schema::{InterfaceSchema, MethodSchema};

use crate::transport::{IncomingCall, Remote};

/// A trait whose objects can live in another process: what `#[interface]` implements for `dyn Trait`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an interface",
    label = "its objects cannot cross to another process",
    note = "write `#[ipc::interface]` on the trait; a closure must be `Arc<dyn Fn(A…) -> Result<R, E> + Send + Sync>`"
)]
pub trait Interface: Send + Sync + 'static {
    /// What the trait declares.
    const SCHEMA: &'static InterfaceSchema;
    /// The id; the schema has it too.
    const ID: u64;
    /// Whether this is a closure, whose `Arc` is not its proxy's.
    const CLOSURE: bool = false;

    /// The schema, as a function: interfaces may name each other.
    fn schema() -> &'static InterfaceSchema {
        Self::SCHEMA
    }

    /// The proxy as an object of this trait: for a trait the coercion, for a closure a new `Arc` around it.
    fn proxy<R: Remote>(proxy: Arc<Proxy<R>>) -> Arc<Self>;

    /// Has `this` answer a call that came in for method `ordinal` of `interface`: this one, or one that it extends.
    fn dispatch<C: IncomingCall>(this: Arc<Self>, interface: u64, ordinal: u16, call: C) -> C::Done;

    /// `this` as an object of another interface that it extends: a boxed `Arc<dyn That>`.
    fn upcast(this: Arc<Self>, to: TypeId) -> Option<Box<dyn Any>> {
        if to == TypeId::of::<Self>() { Some(Box::new(this)) } else { None }
    }
}
