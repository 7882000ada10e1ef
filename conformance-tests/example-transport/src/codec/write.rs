//! Values to bytes.

use std::{cell::RefCell, marker::PhantomData, sync::Arc};

use bytes::Bytes;
use ipc_core::{
    Interface, Limits, Result,
    session::ObjectSink,
    value::{FieldWriter, Fields, Marshal, Primitive, Value, VariantOf, Writer},
};

use super::{check_order, deeper, malformed, too_large, width};

/// The message that is being written.
pub(super) struct Sheet<'o, O> {
    objects: &'o O,
    bytes: RefCell<Vec<u8>>,
    most: usize,
}

impl<'o, O> Sheet<'o, O> {
    pub(super) fn new(objects: &'o O, limits: &Limits) -> Self {
        Self { objects, bytes: RefCell::default(), most: limits.message_bytes }
    }

    pub(super) fn into_bytes(self) -> Bytes {
        self.bytes.into_inner().into()
    }

    /// Appends bytes, unless the message would be too large: checked here, before memory is taken.
    fn put(&self, more: &[u8]) -> Result<()> {
        let mut bytes = self.bytes.borrow_mut();
        if more.len() > self.most.saturating_sub(bytes.len()) {
            return Err(too_large(format!("expected a message of at most {} bytes", self.most)));
        }
        bytes.extend_from_slice(more);
        Ok(())
    }

    fn put_count(&self, count: usize) -> Result<()> {
        let count = u32::try_from(count).map_err(|_| malformed(format!("expected a list of 32 bits, got {count}")))?;
        self.put(&count.to_le_bytes())
    }
}

/// Writes one value.
pub(super) struct Out<'a, O> {
    sheet: &'a Sheet<'a, O>,
    depth: usize,
}

impl<'a, O> Out<'a, O> {
    pub(super) fn new(sheet: &'a Sheet<'a, O>, limits: &Limits) -> Self {
        Self { sheet, depth: limits.value_depth }
    }

    fn another(&self) -> Self {
        Self { sheet: self.sheet, depth: self.depth }
    }

    /// One for what is inside of this value.
    fn inside(&self) -> Result<Self> {
        Ok(Self { sheet: self.sheet, depth: deeper(self.depth)? })
    }
}

impl<'a, O: ObjectSink> Writer for Out<'a, O> {
    type Fields<F: Fields> = FieldsOut<'a, O, F>;
    type Variant<U: Value, const N: usize> = FieldsOut<'a, O, VariantOf<U, N>>;

    fn prim<P: Primitive>(self, value: P) -> Result<()> {
        self.sheet.put(&value.bits().to_le_bytes()[..width(P::PRIM)])
    }

    fn text(self, value: &str) -> Result<()> {
        self.bytes(value.as_bytes())
    }

    fn bytes(self, value: &[u8]) -> Result<()> {
        self.sheet.put_count(value.len())?;
        self.sheet.put(value)
    }

    fn none(self) -> Result<()> {
        self.sheet.put(&[0])
    }

    fn some<T, M: Marshal<T>>(self, value: &T) -> Result<()> {
        self.sheet.put(&[1])?;
        M::write(value, self)
    }

    fn list<'v, T: 'v, M: Marshal<T>>(self, mut items: impl ExactSizeIterator<Item = &'v T>) -> Result<()> {
        let inside = self.inside()?;
        self.sheet.put_count(items.len())?;
        items.try_for_each(|item| M::write(item, inside.another()))
    }

    fn map<'v, K: Value, V: Value>(self, mut items: impl ExactSizeIterator<Item = (&'v K, &'v V)>) -> Result<()> {
        let inside = self.inside()?;
        self.sheet.put_count(items.len())?;
        items.try_for_each(|(key, value)| {
            key.write(inside.another())?;
            value.write(inside.another())
        })
    }

    fn record<F: Fields>(self) -> Result<Self::Fields<F>> {
        FieldsOut::new(self)
    }

    fn variant<U: Value, const N: usize>(self) -> Result<Self::Variant<U, N>> {
        self.sheet.put(&(N as u16).to_le_bytes())?;
        FieldsOut::new(self)
    }

    fn object<I: Interface + ?Sized>(self, object: &Arc<I>) -> Result<()> {
        let index = self.sheet.objects.put(object)?;
        self.sheet.put(&index.to_le_bytes())
    }
}

/// Writes the fields of a struct or of a variant.
pub(super) struct FieldsOut<'a, O, F> {
    inside: Out<'a, O>,
    next: usize,
    of: PhantomData<fn() -> F>,
}

impl<'a, O, F> FieldsOut<'a, O, F> {
    pub(super) fn new(out: Out<'a, O>) -> Result<Self> {
        Ok(Self { inside: out.inside()?, next: 0, of: PhantomData })
    }
}

impl<O: ObjectSink, F: Fields> FieldWriter for FieldsOut<'_, O, F> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self, value: &T) -> Result<()> {
        check_order(&mut self.next, N)?;
        M::write(value, self.inside.another())
    }

    fn end(self) -> Result<()> {
        check_order(&mut { self.next }, F::FIELDS.len())
    }
}
