//! Values to bincode.

use std::{
    cell::{Cell, RefCell},
    marker::PhantomData,
    sync::Arc,
};

use bincode::{
    Encode,
    config::Configuration,
    enc::{Encoder, EncoderImpl, write::Writer as Sink},
    error::EncodeError,
};
use bytes::Bytes;
use ipc_core::{
    Interface, Limits, Result,
    session::ObjectSink,
    value::{FieldWriter, Fields, Marshal, Of, Prim, Primitive, Value, VariantOf, Writer},
};

use super::{CONFIG, check_order, deeper, malformed, too_large};

/// Messages of so many bytes are copied once more, into memory of just their size.
const SMALL_BYTES: usize = 1024;

thread_local! {
    /// Where this thread writes small messages, one after the other.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What all values of a message that is being written share.
pub(super) struct Sheet<'o, O> {
    objects: &'o O,
    encoder: RefCell<EncoderImpl<Limited, Configuration>>,
}

/// Bytes that are no more than they may be.
struct Limited {
    bytes: Vec<u8>,
    most: usize,
}

impl Sink for Limited {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        if bytes.len() > self.most - self.bytes.len() {
            return Err(EncodeError::UnexpectedEnd);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

impl<'o, O> Sheet<'o, O> {
    pub(super) fn new(objects: &'o O, limits: &Limits) -> Self {
        let mut bytes = SCRATCH.try_with(Cell::take).unwrap_or_default();
        bytes.reserve(SMALL_BYTES);
        let limited = Limited { bytes, most: limits.message_bytes };
        Self { objects, encoder: RefCell::new(EncoderImpl::new(limited, CONFIG)) }
    }

    pub(super) fn into_bytes(self) -> Bytes {
        let mut bytes = self.encoder.into_inner().into_writer().bytes;
        if bytes.len() > SMALL_BYTES {
            return bytes.into();
        }
        let small = Bytes::copy_from_slice(&bytes);
        bytes.clear();
        let _ = SCRATCH.try_with(|scratch| scratch.set(bytes));
        small
    }

    fn put(&self, value: impl Encode) -> Result<()> {
        let mut encoder = self.encoder.borrow_mut();
        value.encode(&mut *encoder).map_err(|error| match error {
            EncodeError::UnexpectedEnd => {
                too_large(format!("expected a message of at most {} bytes", encoder.writer().most))
            }
            other => malformed(format!("cannot write a value: {other}")),
        })
    }

    fn count(&self, count: usize) -> Result<()> {
        self.put(count as u64)
    }
}

/// Writes one value.
pub(super) struct Out<'a, 'o, O> {
    sheet: &'a Sheet<'o, O>,
    depth: usize,
}

impl<'a, 'o, O> Out<'a, 'o, O> {
    pub(super) fn new(sheet: &'a Sheet<'o, O>, depth: usize) -> Self {
        Self { sheet, depth }
    }
}

impl<'a, 'o, O: ObjectSink> Writer for Out<'a, 'o, O> {
    type Fields<F: Fields> = FieldsOut<'a, 'o, O, F>;
    type Variant<U: Value, const N: usize> = FieldsOut<'a, 'o, O, VariantOf<U, N>>;

    fn prim<P: Primitive>(self, value: P) -> Result<()> {
        let (sheet, bits) = (self.sheet, value.bits());
        match (P::PRIM, P::SIGNED, P::FLOAT) {
            (Prim::Void, ..) => Ok(()),
            (Prim::Bool, ..) => sheet.put(bits != 0),
            (Prim::B8, ..) => sheet.put(bits as u8),
            (Prim::B16, false, _) => sheet.put(bits as u16),
            (Prim::B16, true, _) => sheet.put(bits as i16),
            (Prim::B32, _, true) => sheet.put((bits as u32).to_le_bytes()),
            (Prim::B32, false, _) => sheet.put(bits as u32),
            (Prim::B32, true, _) => sheet.put(bits as i32),
            (Prim::B64, _, true) => sheet.put(bits.to_le_bytes()),
            (Prim::B64, false, _) => sheet.put(bits),
            (Prim::B64, true, _) => sheet.put(bits as i64),
        }
    }

    fn text(self, value: &str) -> Result<()> {
        self.sheet.put(value)
    }

    fn bytes(self, value: &[u8]) -> Result<()> {
        self.sheet.put(value)
    }

    fn none(self) -> Result<()> {
        self.sheet.put(false)
    }

    fn some<T, M: Marshal<T>>(self, value: &T) -> Result<()> {
        self.sheet.put(true)?;
        M::write(value, self)
    }

    fn list<'v, T: 'v, M: Marshal<T>>(self, mut items: impl ExactSizeIterator<Item = &'v T>) -> Result<()> {
        let Self { sheet, depth } = self;
        let depth = deeper(depth)?;
        sheet.count(items.len())?;
        items.try_for_each(|item| M::write(item, Out { sheet, depth }))
    }

    fn map<'v, K: Value, V: Value>(self, mut items: impl ExactSizeIterator<Item = (&'v K, &'v V)>) -> Result<()> {
        let Self { sheet, depth } = self;
        let depth = deeper(depth)?;
        sheet.count(items.len())?;
        items.try_for_each(|(key, value)| {
            let mut fields = FieldsOut::<O, Of<(K, V)>>::new(sheet, depth)?;
            fields.field::<0, K>(key)?;
            fields.field::<1, V>(value)
        })
    }

    fn record<F: Fields>(self) -> Result<Self::Fields<F>> {
        FieldsOut::new(self.sheet, self.depth)
    }

    fn variant<U: Value, const N: usize>(self) -> Result<Self::Variant<U, N>> {
        self.sheet.put(N as u16)?;
        FieldsOut::new(self.sheet, self.depth)
    }

    fn object<I: Interface + ?Sized>(self, object: &Arc<I>) -> Result<()> {
        let index = self.sheet.objects.put(object)?;
        self.sheet.put(index)
    }
}

/// Writes the fields of a struct or of a variant.
pub(super) struct FieldsOut<'a, 'o, O, F> {
    sheet: &'a Sheet<'o, O>,
    depth: usize,
    next: usize,
    of: PhantomData<fn() -> F>,
}

impl<'a, 'o, O, F> FieldsOut<'a, 'o, O, F> {
    pub(super) fn new(sheet: &'a Sheet<'o, O>, depth: usize) -> Result<Self> {
        Ok(Self { sheet, depth: deeper(depth)?, next: 0, of: PhantomData })
    }
}

impl<O: ObjectSink, F: Fields> FieldWriter for FieldsOut<'_, '_, O, F> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self, value: &T) -> Result<()> {
        check_order::<F>(&mut self.next, N)?;
        M::write(value, Out { sheet: self.sheet, depth: self.depth })
    }

    fn end(self) -> Result<()> {
        Ok(())
    }
}
