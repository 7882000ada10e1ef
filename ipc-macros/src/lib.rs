//! The macros of the IPC trait layer: [`macro@interface`] on traits, [`macro@Value`] on types.
//!
//! Their expansions are small and name `ipc-core` only: a schema, an implementation of the trait for the one proxy type
//! and a `match` for the calls that come in; for a type, how it writes and reads itself.

mod at;
mod attrs;
mod codec;
mod core_path;
mod errors;
mod fields;
mod generics;
mod interface;
mod names;
mod tags;
mod types;
mod value;

use proc_macro::TokenStream;

/// Makes a trait an interface, whose objects can live in another process.
///
/// ```
/// use std::sync::Arc;
///
/// use ipc_core::{Exception, Result};
/// use ipc_macros::{Value, interface};
///
/// #[derive(Value)]
/// pub enum ChainError {
///     NotFound { height: u32 },
///     #[value(exception)]
///     Ipc(Exception),
/// }
///
/// impl From<Exception> for ChainError {
///     fn from(exception: Exception) -> Self {
///         Self::Ipc(exception)
///     }
/// }
///
/// #[interface]
/// pub trait Chain: Send + Sync {
///     /// Hash of the block at `height` in the active chain.
///     fn block_hash(&self, height: u32) -> Result<[u8; 32], ChainError>;
///     /// Calls `visit` for each height from `from` on; stops when it returns `false`.
///     fn scan(&self, from: u32, visit: Arc<dyn Fn(u32) -> Result<bool> + Send + Sync>) -> Result<()>;
/// }
/// ```
///
/// Every method takes `&self` and owned values, and returns `Result<T, E>` where `E: Value + From<ipc::Exception>`. The
/// trait extends `Send + Sync`, or an interface that does; beside these and `Debug` it may extend interfaces only. Its type
/// parameters are values.
///
/// # On the trait: `#[interface(…)]`
///
/// - `bootstrap`: a connection begins with an object of this interface. Ordinal 0 is the hand-shake, `construct`.
/// - `id = 0x…`: the id on the wire. Otherwise it is derived by Cap'n Proto's rule from the package's name and the trait's;
///   two traits of one name in one package need a `name` or an `id`.
/// - `destroy`, `destroy = N`: dropping the last proxy waits until the object is dropped. `N` is the ordinal of that call.
/// - `name = "…"`: the name on the wire.
///
/// A generic interface has an id for each set of arguments.
///
/// # On a method: `#[method(…)]`
///
/// - `ordinal = N`: the number on the wire. The others take, in the order of the trait, the lowest numbers that nobody
///   declares (`destroy` without a number comes first).
/// - `name = "…"`: the name on the wire.
/// - `no_context`: the call carries no thread; it runs on whoever reads, and may not block.
/// - `results(a, b, …)`: the result is a tuple, of which each element is a result of its own, by these names.
/// - `results(a: A, b: B, …)`: the same for a result of any type that is `From` a tuple of these types, and the other way.
/// - `with = HOOK`: the result's hook.
/// - `has`: the result is an `Option` whose schema has a presence bit beside it, `hasResult`.
/// - `since = "31"`: the version of the peer's program that brought the method.
/// - `local`: not part of the wire. A method with a body must say so.
///
/// # On a parameter: `#[value(…)]`
///
/// - `with = HOOK`, `opaque`, `default = EXPR`, `has`, `name = "…"`, `tag = N`, as on a field of a [`macro@Value`].
#[proc_macro_attribute]
pub fn interface(args: TokenStream, item: TokenStream) -> TokenStream {
    interface::interface(args.into(), item.into()).into()
}

/// Makes a struct or an enum a value, which can cross to another process.
///
/// A struct crosses as its fields (those of a tuple are named `field0` and so on), one with a single unnamed field as that
/// field alone. An enum without data crosses as a
/// number of 16 bits, counted in the order of the variants, or with `#[repr(u8)]` and the like as that integer; a number
/// that the reader does not know is an error. An enum with data crosses as a union. Type parameters are values themselves.
///
/// # On a field: `#[value(…)]`
///
/// - `with = HOOK`: `HOOK` is the path of a module with the items `KIND`, `ty`, `write` and `read` (those of `Marshal`), or
///   `option(HOOK)` or `list(HOOK)` of one.
/// - `opaque`: crosses as bincode, through serde.
/// - `default = EXPR`: the default of a number or `bool`, which an older peer's message reads as. With a hook, the default
///   of what crosses.
/// - `has`: an `Option` whose schema has a presence bit beside it.
/// - `name = "…"`: the name on the wire.
/// - `ordinal = N`: the number on the wire, counted from 0; on all fields or none. Otherwise the order of the fields.
/// - `tag = N`: the number on a wire that numbers fields from 1, as protobuf does. Otherwise the ordinal and 1.
///
/// # On a variant: `#[value(…)]`
///
/// - `name = "…"`: the name on the wire.
/// - `tag = N`: as on a field; for an enum with data.
/// - `exception`: wraps an `Exception`, and crosses as that instead of as a value; for errors of interface methods. A variant
///   that holds nothing else must say so.
///
/// # On the type: `#[value(…)]`
///
/// - `opaque`: all of it crosses as bincode, through serde.
/// - `name = "…"`: the name on the wire.
#[proc_macro_derive(Value, attributes(value))]
pub fn value(item: TokenStream) -> TokenStream {
    value::value(item.into()).into()
}
