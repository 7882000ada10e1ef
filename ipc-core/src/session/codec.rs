//! How values become bytes.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    exception::Result,
    interface::Interface,
    limits::Limits,
    value::{Args, Fields, Value},
};

/// Marshals the values of calls.
///
/// # For transport authors
///
/// Implement it with your encoding's [`Writer`](crate::value::Writer) and [`Reader`](crate::value::Reader). A writer gives
/// each interface object to the sink and writes the index that it gets; a reader has the source make the object of the
/// index. A body need not tell its length or what it holds: it comes back as it was written.
///
/// What is written stays below [`Limits::message_bytes`], checked while it grows (`TooLarge`). What is read comes from a peer
/// that may be hostile: it is charged to [`Limits::value_bytes`] and [`Limits::value_depth`] before memory is taken
/// (`TooLarge`), and refused where it is malformed (`Protocol`).
pub trait Codec: Send + Sync + 'static {
    /// What spans name as `rpc.system`: as a rule the transport's scheme.
    const SYSTEM: &'static str;

    /// Writes the arguments or the results of a method: a struct of the fields `F`.
    ///
    /// # Errors
    ///
    /// `TooLarge` past a limit, and what a value or the sink refuses.
    fn write<F: Fields, A: Args, O: ObjectSink>(&self, values: &A, objects: &O, limits: &Limits) -> Result<Bytes>;

    /// Reads them.
    ///
    /// # Errors
    ///
    /// `Protocol` if they are malformed, `TooLarge` past a limit, and what a value or the source refuses.
    fn read<F: Fields, A: Args, O: ObjectSource>(&self, body: &Bytes, objects: &O, limits: &Limits) -> Result<A>;

    /// Writes a method's error.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write).
    fn write_error<E: Value, O: ObjectSink>(&self, error: &E, objects: &O, limits: &Limits) -> Result<Bytes>;

    /// Reads it.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read).
    fn read_error<E: Value, O: ObjectSource>(&self, body: &Bytes, objects: &O, limits: &Limits) -> Result<E>;
}

/// Takes the interface objects of values that are written.
pub trait ObjectSink {
    /// Gives the object's index: 0, 1, 2 and so on, in the order of these calls.
    ///
    /// # Errors
    ///
    /// What keeps it from being sent.
    fn put<I: Interface + ?Sized>(&self, object: &Arc<I>) -> Result<u32>;
}

/// Gives the interface objects of values that are read.
pub trait ObjectSource {
    /// The object with this index. Two values may have the same.
    ///
    /// # Errors
    ///
    /// `Protocol` if there is none, or if it cannot be an object of `I`.
    fn take<I: Interface + ?Sized>(&self, index: u32) -> Result<Arc<I>>;
}
