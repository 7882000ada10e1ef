//! Calls and replies as Cap'n Proto messages.
//!
//! Messages are written and read outside of the RPC system's state, where capabilities cannot be: each interface object
//! is an index in its message's table of capabilities. An [`ObjectSink`] hands the indices out, an [`ObjectSource`] knows
//! what stands for them.

mod budget;
pub(crate) mod placeholder;
pub(crate) mod raw;
mod read;
mod section;
#[cfg(test)]
mod tests;
mod write;

use std::{cell::Cell, sync::Arc};

use capnp::{
    any_pointer,
    traits::{Imbue, ImbueMut},
};
use ipc_core::{
    Exception, ExceptionKind, Interface, Limits, Result,
    value::{Args, Itself, Reader, Value, Writer},
};

use raw::{PointerIn, PointerOut};
use read::{FieldsIn, Page};
use section::{Params, Results, Section};
use write::{FieldsOut, Sheet};

use crate::segments::{Contents, contents};

/// Takes the interface objects of a message that is written.
pub(crate) trait ObjectSink {
    /// Exports an object and gives its index in the message's table: 0, 1, 2 and so on, in the order of these calls.
    ///
    /// # Errors
    ///
    /// `Overloaded` if the peer holds too many objects.
    fn put<I: Interface + ?Sized>(&self, object: &Arc<I>) -> Result<u32>;
}

/// Gives the interface objects of a message that is read.
pub(crate) trait ObjectSource {
    /// The object with this index in the message's table. The index is below the number of capabilities that the message
    /// was said to carry; a hostile peer may refer to one several times.
    ///
    /// # Errors
    ///
    /// `Protocol` if it cannot be an object of `I`.
    fn take<I: Interface + ?Sized>(&self, index: u32) -> Result<Arc<I>>;
}

/// A message with a struct as its root, ready to be copied into a call or a reply. It can go to other threads.
pub(crate) struct Message {
    builder: Contents,
    words: usize,
}

impl Message {
    /// A message of no fields.
    ///
    /// # Errors
    ///
    /// Never.
    pub(crate) fn empty() -> Result<Self> {
        let mut builder = contents();
        let root: any_pointer::Builder<'_> = builder.get_root().map_err(raw::malformed)?;
        // Room for a context, which every method has that is called with one.
        PointerOut::new(root)?.record(crate::layout::Size { data: 0, pointers: 1 });
        Ok(Self { builder, words: 2 })
    }

    /// Its size in words, but for the pointers between its segments.
    pub(crate) fn words(&self) -> usize {
        self.words
    }

    /// The message.
    pub(crate) fn into_builder(self) -> Contents {
        self.builder
    }
}

/// The parameters or the results of a call, as they came in.
pub(crate) struct Payload<'a> {
    /// The content.
    pub(crate) root: any_pointer::Reader<'a>,
    /// How many capabilities came with it.
    pub(crate) caps: u32,
    /// The size of the whole message in words, which bounds the memory that its values may take.
    pub(crate) words: usize,
}

/// Writes the parameters of method `M`. Its context is left out; see [`raw::set_context`].
///
/// # Errors
///
/// `TooLarge` past a limit, and what a value or the sink refuses.
pub(crate) fn encode_params<I, const M: usize, A, O>(args: &A, sink: &O, limits: &Limits) -> Result<Message>
where
    I: Interface + ?Sized,
    A: Args,
    O: ObjectSink,
{
    encode::<Params<I, M>, O>(sink, limits, |mut fields| args.write(&mut fields))
}

/// Writes the results of method `M`, or its error. One that only wraps an exception travels as that exception, not here.
///
/// # Errors
///
/// `TooLarge` past a limit, and what a value or the sink refuses.
pub(crate) fn encode_results<I, const M: usize, T, E, O>(
    outcome: &Result<T, E>,
    sink: &O,
    limits: &Limits,
) -> Result<Message>
where
    I: Interface + ?Sized,
    T: Args,
    E: Value,
    O: ObjectSink,
{
    encode::<Results<I, M>, O>(sink, limits, |mut fields| match outcome {
        Ok(results) => results.write(&mut fields),
        Err(error) => match error.as_exception() {
            Some(exception) => Err(exception.clone()),
            None if const { I::SCHEMA.methods[M].error.is_none() } => {
                Err(Exception::new(ExceptionKind::Protocol, "an error that the method does not declare"))
            }
            None => fields.last().some::<E, Itself>(error),
        },
    })
}

/// Reads the parameters of method `M`, but for its context; see [`raw::context`].
///
/// # Errors
///
/// `Protocol` if they are malformed, `TooLarge` past a limit, and what a value or the source refuses.
pub(crate) fn decode_params<I, const M: usize, A, S>(payload: Payload<'_>, source: &S, limits: &Limits) -> Result<A>
where
    I: Interface + ?Sized,
    A: Args,
    S: ObjectSource,
{
    decode::<Params<I, M>, S, A>(payload, source, limits, |mut fields| A::read(&mut fields))
}

/// Reads the results of method `M`, or its error.
///
/// # Errors
///
/// `Protocol` if they are malformed, `TooLarge` past a limit, and what a value or the source refuses.
pub(crate) fn decode_results<I, const M: usize, T, E, S>(
    payload: Payload<'_>,
    source: &S,
    limits: &Limits,
) -> Result<Result<T, E>>
where
    I: Interface + ?Sized,
    T: Args,
    E: Value,
    S: ObjectSource,
{
    decode::<Results<I, M>, S, _>(payload, source, limits, |mut fields| {
        if const { I::SCHEMA.methods[M].error.is_some() }
            && let Some(error) = fields.last().option::<E, Itself>()?
        {
            return Ok(Err(error));
        }
        T::read(&mut fields).map(Ok)
    })
}

fn encode<L: Section, O>(
    sink: &O,
    limits: &Limits,
    write: impl FnOnce(FieldsOut<'_, '_, O, L>) -> Result<()>,
) -> Result<Message> {
    let sheet = Sheet { sink, budget: budget::for_writing(limits), caps: Cell::new(0) };
    let mut builder = contents();
    let mut table = Vec::new();
    let mut root: any_pointer::Builder<'_> = builder.get_root().map_err(raw::malformed)?;
    root.imbue_mut(&mut table);
    write(FieldsOut::root(PointerOut::new(root)?, &sheet)?)?;
    // One word more is the root pointer.
    Ok(Message { builder, words: sheet.budget.spent() + 1 })
}

fn decode<L: Section, S, T>(
    payload: Payload<'_>,
    source: &S,
    limits: &Limits,
    read: impl FnOnce(FieldsIn<'_, '_, S, L>) -> Result<T>,
) -> Result<T> {
    let page = Page { source, budget: budget::for_reading(limits, payload.words) };
    let table = placeholder::table(payload.caps);
    let mut root = payload.root;
    root.imbue(&table);
    read(FieldsIn::root(PointerIn::new(root)?, &page)?)
}
