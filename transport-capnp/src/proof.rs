//! For tests in other crates, which hold layouts and encoded bytes against other implementations. No stable interface.

use std::{cell::Cell, sync::Arc};

use capnp::{any_pointer, message::ReaderOptions, serialize};
use ipc_core::{
    Exception, ExceptionKind, Interface, Limits, Result,
    value::{Args, Value},
};

use crate::encoding::{self, ObjectSink, ObjectSource, Payload};
pub use crate::layout::{Members, Size, Slot, Union, size_of};

/// Numbers objects, and has none.
#[derive(Default)]
struct Numbers(Cell<u32>);

impl ObjectSink for Numbers {
    fn put<I: Interface + ?Sized>(&self, _: &Arc<I>) -> Result<u32> {
        Ok(self.0.replace(self.0.get() + 1))
    }
}

impl ObjectSource for Numbers {
    fn take<I: Interface + ?Sized>(&self, _: u32) -> Result<Arc<I>> {
        Err(Exception::new(ExceptionKind::Protocol, "there are no objects here"))
    }
}

/// The parameters of method `M` as a message with its segment table.
///
/// # Errors
///
/// As the encoder's.
pub fn write_params<I: Interface + ?Sized, const M: usize, A: Args>(args: &A) -> Result<Vec<u8>> {
    let message = encoding::encode_params::<I, M, A, _>(args, &Numbers::default(), &Limits::default())?;
    Ok(serialize::write_message_to_words(&message.into_builder()))
}

/// The results of method `M`, or its error, as a message with its segment table.
///
/// # Errors
///
/// As the encoder's.
pub fn write_results<I, const M: usize, T, E>(outcome: &Result<T, E>) -> Result<Vec<u8>>
where
    I: Interface + ?Sized,
    T: Args,
    E: Value,
{
    let message = encoding::encode_results::<I, M, T, E, _>(outcome, &Numbers::default(), &Limits::default())?;
    Ok(serialize::write_message_to_words(&message.into_builder()))
}

/// Reads parameters of method `M` that carry no objects.
///
/// # Errors
///
/// As the decoder's.
pub fn read_params<I: Interface + ?Sized, const M: usize, A: Args>(bytes: &[u8]) -> Result<A> {
    with_payload(bytes, |payload| {
        encoding::decode_params::<I, M, A, _>(payload, &Numbers::default(), &Limits::default())
    })
}

/// Reads results of method `M`, or its error, that carry no objects.
///
/// # Errors
///
/// As the decoder's.
pub fn read_results<I, const M: usize, T, E>(bytes: &[u8]) -> Result<Result<T, E>>
where
    I: Interface + ?Sized,
    T: Args,
    E: Value,
{
    with_payload(bytes, |payload| {
        encoding::decode_results::<I, M, T, E, _>(payload, &Numbers::default(), &Limits::default())
    })
}

fn with_payload<T>(bytes: &[u8], read: impl FnOnce(Payload<'_>) -> Result<T>) -> Result<T> {
    let malformed = encoding::raw::malformed;
    let message = serialize::read_message_from_flat_slice(&mut &*bytes, ReaderOptions::new()).map_err(malformed)?;
    let root = message.get_root::<any_pointer::Reader<'_>>().map_err(malformed)?;
    read(Payload { root, caps: 0, words: bytes.len() / 8 })
}
