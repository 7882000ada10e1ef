//! All that touches `capnp::private::layout`.
//!
//! The library's builders write wherever they are told to; these wrappers know how large the thing they write to is, and
//! refuse what lies outside. So nothing that an encoder does wrongly is worse than an exception.

use std::marker::PhantomData;

use capnp::{
    any_pointer,
    introspect::{Introspect, Type, TypeVariant},
    private::{
        capability::ClientHook,
        layout::{
            ElementSize, ListBuilder, ListReader, PointerBuilder, PointerReader, PrimitiveElement, StructBuilder,
            StructReader, StructSize,
        },
    },
    struct_list,
    traits::{
        FromPointerBuilder, FromPointerReader, HasStructSize, IntoInternalStructReader, OwnedStruct, SetterInput,
    },
};
use ipc_core::{Exception, ExceptionKind, Result, value::Prim};

use crate::{
    layout::{Size, lg_bits},
    segments,
};

/// Cap'n Proto counts elements and words in 29 bits.
pub(crate) const MOST_ELEMENTS: usize = (1 << 29) - 1;

/// Makes an exception of an error of the library's readers.
pub(crate) fn malformed(error: capnp::Error) -> Exception {
    let kind = match error.kind {
        capnp::ErrorKind::NestingLimitExceeded | capnp::ErrorKind::ReadLimitExceeded => ExceptionKind::TooLarge,
        _ => ExceptionKind::Protocol,
    };
    Exception::new(kind, error.to_string()).with_source(error)
}

/// What a value gets that does not write or read itself as its kind and shape say.
pub(super) fn mismatch() -> Exception {
    Exception::new(ExceptionKind::Protocol, "a `Value` does not write or read itself as its `KIND` and `SHAPE` say")
}

const fn struct_size(size: Size) -> StructSize {
    StructSize { data: size.data, pointers: size.pointers }
}

const fn element_size(prim: Prim) -> ElementSize {
    match prim {
        Prim::Void => ElementSize::Void,
        Prim::Bool => ElementSize::Bit,
        Prim::B8 => ElementSize::Byte,
        Prim::B16 => ElementSize::TwoBytes,
        Prim::B32 => ElementSize::FourBytes,
        Prim::B64 => ElementSize::EightBytes,
    }
}

/// The size of the elements of a list of structs: a type, because the library wants one.
pub(super) trait Sizing {
    const SIZE: Size;
}

/// A pointer to be written.
pub(crate) struct PointerOut<'a>(PointerBuilder<'a>);

impl<'a> FromPointerBuilder<'a> for PointerOut<'a> {
    fn init_pointer(builder: PointerBuilder<'a>, _: u32) -> Self {
        Self(builder)
    }

    fn get_from_pointer(builder: PointerBuilder<'a>, _: Option<&'a [capnp::Word]>) -> capnp::Result<Self> {
        Ok(Self(builder))
    }
}

impl<'a> PointerOut<'a> {
    /// For the root of a message.
    pub(crate) fn new(pointer: any_pointer::Builder<'a>) -> Result<Self> {
        pointer.get_as().map_err(malformed)
    }

    /// The length must be below [`MOST_ELEMENTS`], here and below.
    pub(crate) fn text(mut self, text: &str) {
        self.0.set_text(text.into());
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) {
        segments::filled(bytes.len(), || self.0.set_data(bytes));
    }

    pub(crate) fn object(mut self, hook: Box<dyn ClientHook>) {
        self.0.set_capability(hook);
    }

    pub(crate) fn record(self, size: Size) -> StructOut<'a> {
        StructOut { inner: self.0.init_struct(struct_size(size)), size }
    }

    pub(super) fn prims(self, prim: Prim, len: u32) -> PrimsOut<'a> {
        PrimsOut { inner: self.0.init_list(element_size(prim), len), prim }
    }

    pub(super) fn pointers(self, len: u32) -> PointersOut<'a> {
        PointersOut(self.0.init_list(ElementSize::Pointer, len))
    }

    pub(super) fn records<S: Sizing>(self, len: u32) -> RecordsOut<'a, S> {
        RecordsOut(FromPointerBuilder::init_pointer(self.0, len))
    }
}

/// A struct to be written.
pub(crate) struct StructOut<'a> {
    inner: StructBuilder<'a>,
    size: Size,
}

impl<'a> StructOut<'a> {
    #[inline]
    pub(crate) fn reborrow(&mut self) -> StructOut<'_> {
        StructOut { inner: self.inner.reborrow(), size: self.size }
    }

    #[inline]
    pub(super) fn size(&self) -> Size {
        self.size
    }

    #[inline]
    pub(super) fn set(&self, prim: Prim, at: u32, bits: u64) -> Result<()> {
        let Some(lg) = lg_bits(prim) else { return Ok(()) };
        if ((u64::from(at) + 1) << lg) > u64::from(self.size.data) * 64 {
            return Err(mismatch());
        }
        let at = at as usize;
        match prim {
            Prim::Void => {}
            Prim::Bool => self.inner.set_bool_field(at, bits & 1 != 0),
            Prim::B8 => self.inner.set_data_field(at, bits as u8),
            Prim::B16 => self.inner.set_data_field(at, bits as u16),
            Prim::B32 => self.inner.set_data_field(at, bits as u32),
            Prim::B64 => self.inner.set_data_field(at, bits),
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn pointer(self, at: u32) -> Result<PointerOut<'a>> {
        if at >= u32::from(self.size.pointers) {
            return Err(mismatch());
        }
        Ok(PointerOut(self.inner.get_pointer_field(at as usize)))
    }
}

/// A list of primitives to be written.
pub(super) struct PrimsOut<'a> {
    inner: ListBuilder<'a>,
    prim: Prim,
}

impl PrimsOut<'_> {
    #[inline]
    pub(super) fn reborrow(&mut self) -> PrimsOut<'_> {
        PrimsOut { inner: self.inner.reborrow(), prim: self.prim }
    }

    #[inline]
    pub(super) fn set(&self, prim: Prim, index: u32, bits: u64) -> Result<()> {
        if prim != self.prim || index >= self.inner.len() {
            return Err(mismatch());
        }
        match prim {
            Prim::Void => {}
            Prim::Bool => PrimitiveElement::set(&self.inner, index, bits & 1 != 0),
            Prim::B8 => PrimitiveElement::set(&self.inner, index, bits as u8),
            Prim::B16 => PrimitiveElement::set(&self.inner, index, bits as u16),
            Prim::B32 => PrimitiveElement::set(&self.inner, index, bits as u32),
            Prim::B64 => PrimitiveElement::set(&self.inner, index, bits),
        }
        Ok(())
    }
}

/// A list of pointers to be written.
pub(super) struct PointersOut<'a>(ListBuilder<'a>);

impl PointersOut<'_> {
    #[inline]
    pub(super) fn at(&mut self, index: u32) -> Result<PointerOut<'_>> {
        if index >= self.0.len() {
            return Err(mismatch());
        }
        Ok(PointerOut(self.0.reborrow().get_pointer_element(index)))
    }
}

/// A list of structs to be written.
pub(super) struct RecordsOut<'a, S: Sizing>(struct_list::Builder<'a, Element<S>>);

impl<S: Sizing> RecordsOut<'_, S> {
    pub(super) fn at(&mut self, index: u32) -> Result<StructOut<'_>> {
        let element = self.0.reborrow().try_get(index).ok_or_else(mismatch)?;
        Ok(StructOut { inner: element.inner, size: S::SIZE })
    }
}

/// A pointer to be read. A null one reads as an empty struct, list or text.
#[derive(Clone, Copy)]
pub(crate) struct PointerIn<'a>(PointerReader<'a>);

impl<'a> FromPointerReader<'a> for PointerIn<'a> {
    fn get_from_pointer(reader: &PointerReader<'a>, _: Option<&'a [capnp::Word]>) -> capnp::Result<Self> {
        Ok(Self(*reader))
    }
}

impl<'a> PointerIn<'a> {
    /// For the root of a message.
    pub(crate) fn new(pointer: any_pointer::Reader<'a>) -> Result<Self> {
        pointer.get_as().map_err(malformed)
    }

    #[inline]
    pub(crate) fn is_null(&self) -> bool {
        self.0.is_null()
    }

    /// The bytes of a text, without the end mark.
    pub(crate) fn text(self) -> Result<&'a [u8]> {
        self.0.get_text(None).map(|text| text.as_bytes()).map_err(malformed)
    }

    pub(super) fn bytes(self) -> Result<&'a [u8]> {
        self.0.get_data(None).map_err(malformed)
    }

    pub(crate) fn object(self) -> Result<Box<dyn ClientHook>> {
        self.0.get_capability().map_err(malformed)
    }

    pub(crate) fn record(self) -> Result<StructIn<'a>> {
        self.0.get_struct(None).map(StructIn).map_err(malformed)
    }

    pub(super) fn prims(self, prim: Prim) -> Result<PrimsIn<'a>> {
        let inner = self.0.get_list(element_size(prim), None).map_err(malformed)?;
        Ok(PrimsIn { inner, prim })
    }

    pub(super) fn pointers(self) -> Result<PointersIn<'a>> {
        FromPointerReader::get_from_pointer(&self.0, None).map(PointersIn).map_err(malformed)
    }

    pub(super) fn records(self) -> Result<RecordsIn<'a>> {
        FromPointerReader::get_from_pointer(&self.0, None).map(RecordsIn).map_err(malformed)
    }
}

/// A struct to be read. What lies outside of it reads as zero or null: its writer was older.
#[derive(Clone, Copy)]
pub(crate) struct StructIn<'a>(StructReader<'a>);

impl<'a> StructIn<'a> {
    #[inline]
    pub(crate) fn get(&self, prim: Prim, at: u32) -> u64 {
        let at = at as usize;
        match prim {
            Prim::Void => 0,
            Prim::Bool => self.0.get_bool_field(at).into(),
            Prim::B8 => self.0.get_data_field::<u8>(at).into(),
            Prim::B16 => self.0.get_data_field::<u16>(at).into(),
            Prim::B32 => self.0.get_data_field::<u32>(at).into(),
            Prim::B64 => self.0.get_data_field(at),
        }
    }

    #[inline]
    pub(crate) fn pointer(&self, at: u32) -> PointerIn<'a> {
        PointerIn(self.0.get_pointer_field(at as usize))
    }
}

/// A list of primitives to be read.
#[derive(Clone, Copy)]
pub(super) struct PrimsIn<'a> {
    inner: ListReader<'a>,
    prim: Prim,
}

impl PrimsIn<'_> {
    #[inline]
    pub(super) fn len(&self) -> u32 {
        self.inner.len()
    }

    #[inline]
    pub(super) fn get(&self, prim: Prim, index: u32) -> Result<u64> {
        if prim != self.prim || index >= self.inner.len() {
            return Err(mismatch());
        }
        Ok(match prim {
            Prim::Void => 0,
            Prim::Bool => bool::get(&self.inner, index).into(),
            Prim::B8 => <u8 as PrimitiveElement>::get(&self.inner, index).into(),
            Prim::B16 => <u16 as PrimitiveElement>::get(&self.inner, index).into(),
            Prim::B32 => <u32 as PrimitiveElement>::get(&self.inner, index).into(),
            Prim::B64 => <u64 as PrimitiveElement>::get(&self.inner, index),
        })
    }
}

/// A list of pointers to be read.
#[derive(Clone, Copy)]
pub(super) struct PointersIn<'a>(capnp::any_pointer_list::Reader<'a>);

impl<'a> PointersIn<'a> {
    pub(super) fn len(&self) -> u32 {
        self.0.len()
    }

    #[inline]
    pub(super) fn at(&self, index: u32) -> Result<PointerIn<'a>> {
        PointerIn::new(self.0.try_get(index).ok_or_else(mismatch)?)
    }
}

/// A list of structs to be read.
#[derive(Clone, Copy)]
pub(super) struct RecordsIn<'a>(struct_list::Reader<'a, Element<Unsized>>);

impl<'a> RecordsIn<'a> {
    pub(super) fn len(&self) -> u32 {
        self.0.len()
    }

    #[inline]
    pub(super) fn at(&self, index: u32) -> Result<StructIn<'a>> {
        self.0.try_get(index).map(|element| StructIn(element.0)).ok_or_else(mismatch)
    }
}

/// A reader takes structs of any size.
enum Unsized {}

impl Sizing for Unsized {
    const SIZE: Size = Size { data: 0, pointers: 0 };
}

/// The element of a list of structs, only because the library keeps its untyped access to itself.
struct Element<S>(PhantomData<fn() -> S>);

struct ElementBuilder<'a, S> {
    inner: StructBuilder<'a>,
    size: PhantomData<fn() -> S>,
}

struct ElementReader<'a>(StructReader<'a>);

impl<S: Sizing> OwnedStruct for Element<S> {
    type Reader<'a> = ElementReader<'a>;
    type Builder<'a> = ElementBuilder<'a, S>;
}

impl<S: Sizing> HasStructSize for ElementBuilder<'_, S> {
    const STRUCT_SIZE: StructSize = struct_size(S::SIZE);
}

impl<'a, S> From<StructBuilder<'a>> for ElementBuilder<'a, S> {
    fn from(inner: StructBuilder<'a>) -> Self {
        Self { inner, size: PhantomData }
    }
}

impl<'a> From<StructReader<'a>> for ElementReader<'a> {
    fn from(inner: StructReader<'a>) -> Self {
        Self(inner)
    }
}

impl<'a> IntoInternalStructReader<'a> for ElementReader<'a> {
    fn into_internal_struct_reader(self) -> StructReader<'a> {
        self.0
    }
}

impl<S: Sizing> Introspect for Element<S> {
    fn introspect() -> Type {
        TypeVariant::AnyPointer.into()
    }
}

impl<S: Sizing> SetterInput<Element<S>> for ElementReader<'_> {
    fn set_pointer_builder(mut builder: PointerBuilder<'_>, input: Self, canonicalize: bool) -> capnp::Result<()> {
        builder.set_struct(&input.0, canonicalize)
    }
}

/// The two capabilities of a call's `Context`: the thread that shall run it, and the one that stands for the caller.
pub(crate) type Context = (Option<Box<dyn ClientHook>>, Option<Box<dyn ClientHook>>);

const CONTEXT: Size = Size { data: 0, pointers: 2 };

/// Writes the context into parameters whose message was given a table of capabilities.
///
/// # Errors
///
/// `Protocol` if the parameters are no struct.
pub(crate) fn set_context(params: any_pointer::Builder<'_>, (thread, callback): Context) -> Result<()> {
    if thread.is_none() && callback.is_none() {
        return Ok(());
    }
    let params = PointerOut::new(params)?.0.get_struct(StructSize { data: 0, pointers: 1 }, None).map_err(malformed)?;
    let mut context = PointerOut(params.get_pointer_field(0)).record(CONTEXT);
    for (at, hook) in [(0, thread), (1, callback)] {
        if let Some(hook) = hook {
            context.reborrow().pointer(at)?.object(hook);
        }
    }
    Ok(())
}

/// Reads the context of parameters whose message was given a table of capabilities.
///
/// # Errors
///
/// `Protocol` if the first pointer is no `Context`, or names capabilities that the message does not carry.
pub(crate) fn context(params: any_pointer::Reader<'_>) -> Result<Context> {
    let context = PointerIn::new(params)?.record()?.pointer(0).record()?;
    let hook = |at| {
        let pointer = context.pointer(at);
        if pointer.is_null() { Ok(None) } else { pointer.object().map(Some) }
    };
    Ok((hook(0)?, hook(1)?))
}
