//! Values as bytes, in the plainest way there is.
//!
//! Numbers are little-endian, at their own width. A struct is its fields one after the other, in the order of their numbers;
//! an optional a byte that says whether it is there, and the value; text, bytes, lists and maps a count of four bytes and
//! what they hold; an enum two bytes for the variant and its fields; an object its index. Nothing tells its type, so both
//! sides must have been built with the same ones.

mod read;
mod write;

use bytes::Bytes;
use ipc_core::{
    Exception, ExceptionKind, Limits, Result,
    session::{Codec, ObjectSink, ObjectSource},
    value::{Args, Fields, Value},
};

use read::{FieldsIn, In, Page};
use write::{FieldsOut, Out, Sheet};

/// The encoding.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Codec for Plain {
    const SYSTEM: &'static str = "example";

    fn write<F: Fields, A: Args, O: ObjectSink>(&self, values: &A, objects: &O, limits: &Limits) -> Result<Bytes> {
        let sheet = Sheet::new(objects, limits);
        values.write(&mut FieldsOut::<O, F>::new(Out::new(&sheet, limits))?)?;
        Ok(sheet.into_bytes())
    }

    fn read<F: Fields, A: Args, O: ObjectSource>(&self, body: &Bytes, objects: &O, limits: &Limits) -> Result<A> {
        let page = Page::new(body, objects, limits);
        let values = A::read(&mut FieldsIn::<O, F>::new(In::new(&page, limits))?)?;
        page.finish(values)
    }

    fn write_error<E: Value, O: ObjectSink>(&self, error: &E, objects: &O, limits: &Limits) -> Result<Bytes> {
        let sheet = Sheet::new(objects, limits);
        error.write(Out::new(&sheet, limits))?;
        Ok(sheet.into_bytes())
    }

    fn read_error<E: Value, O: ObjectSource>(&self, body: &Bytes, objects: &O, limits: &Limits) -> Result<E> {
        let page = Page::new(body, objects, limits);
        let error = E::read(In::new(&page, limits))?;
        page.finish(error)
    }
}

/// Checks that the fields come in the order of their numbers, which are not sent.
fn check_order(next: &mut usize, number: usize) -> Result<()> {
    if *next != number {
        return Err(malformed(format!("expected field number {next} next, got number {number}")));
    }
    *next += 1;
    Ok(())
}

/// The depth that is left inside of a value. A hostile message could else overflow the stack.
fn deeper(depth: usize) -> Result<usize> {
    depth.checked_sub(1).ok_or_else(|| too_large("expected values that are nested less deeply".into()))
}

fn too_large(message: String) -> Exception {
    Exception::new(ExceptionKind::TooLarge, message)
}

fn malformed(message: String) -> Exception {
    Exception::new(ExceptionKind::Protocol, message)
}

/// How many bytes a primitive takes.
fn width(prim: ipc_core::value::Prim) -> usize {
    use ipc_core::value::Prim::{B8, B16, B32, B64, Bool, Void};
    match prim {
        Void => 0,
        Bool | B8 => 1,
        B16 => 2,
        B32 => 4,
        B64 => 8,
    }
}
