//! Values as bincode: the only module that knows it.
//!
//! A struct is its fields one after the other, in the order of their numbers; an optional a flag and the value; a list its
//! length and the elements; an enum the number of the variant and its fields; an object its index. That is how serde would
//! have bincode write them, but it is bincode's own primitives that are called here: a
//! [`Reader`](ipc_core::value::Reader) is asked for one field after the other, while serde's `Deserializer` calls *back*
//! with all of them, so no reader can be made of one.

mod read;
#[cfg(test)]
mod tests;
mod write;

use bincode::config::{Configuration, standard};
use bytes::Bytes;
use ipc_core::{
    Exception, ExceptionKind, Limits, Result,
    session::{Codec, ObjectSink, ObjectSource},
    value::{Args, Fields, Itself, Marshal, Value},
};

use read::{FieldsIn, In, Page};
use write::{FieldsOut, Out, Sheet};

/// The encoding of both forms.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bincode;

const CONFIG: Configuration = standard();

/// The most bytes of a frame that comes as bytes: the default limit of a message, and what a frame may add to it.
pub(crate) const FRAME_BYTES: usize = (64 << 20) + (64 << 10);

impl Codec for Bincode {
    const SYSTEM: &'static str = "local";

    fn write<F: Fields, A: Args, O: ObjectSink>(&self, values: &A, objects: &O, limits: &Limits) -> Result<Bytes> {
        let sheet = Sheet::new(objects, limits);
        values.write(&mut FieldsOut::<O, F>::new(&sheet, limits.value_depth)?)?;
        Ok(sheet.into_bytes())
    }

    fn read<F: Fields, A: Args, O: ObjectSource>(&self, body: &Bytes, objects: &O, limits: &Limits) -> Result<A> {
        let page = Page::new(body, objects, limits);
        let values = A::read(&mut FieldsIn::<O, F>::new(&page, limits.value_depth)?)?;
        page.finish(values)
    }

    fn write_error<E: Value, O: ObjectSink>(&self, error: &E, objects: &O, limits: &Limits) -> Result<Bytes> {
        let sheet = Sheet::new(objects, limits);
        <Itself as Marshal<E>>::write(error, Out::new(&sheet, limits.value_depth))?;
        Ok(sheet.into_bytes())
    }

    fn read_error<E: Value, O: ObjectSource>(&self, body: &Bytes, objects: &O, limits: &Limits) -> Result<E> {
        let page = Page::new(body, objects, limits);
        let error = E::read(In::new(&page, limits.value_depth))?;
        page.finish(error)
    }
}

/// The depth that is left below this one.
fn deeper(depth: usize) -> Result<usize> {
    depth.checked_sub(1).ok_or_else(|| too_large("expected values that are nested less deeply".into()))
}

fn too_large(message: String) -> Exception {
    Exception::new(ExceptionKind::TooLarge, message)
}

fn malformed(message: String) -> Exception {
    Exception::new(ExceptionKind::Protocol, message)
}

/// Fields come one after the other: their numbers are checked, not sent.
fn check_order<F: Fields>(next: &mut usize, number: usize) -> Result<()> {
    if *next != number {
        let name = F::FIELDS.get(number).map_or("?", |field| field.name);
        return Err(malformed(format!("expected field number {next} next, got number {number}, {name}")));
    }
    *next += 1;
    Ok(())
}
