//! Values from bytes, which a hostile peer may have written.

use std::{cell::Cell, marker::PhantomData, sync::Arc};

use ipc_core::{
    Interface, Limits, Result,
    session::ObjectSource,
    value::{FieldReader, Fields, Marshal, Primitive, Reader, Value, VariantOf, VariantReader},
};

use super::{check_order, deeper, malformed, too_large, width};

/// The message that is being read.
pub(super) struct Page<'o, O> {
    objects: &'o O,
    rest: Cell<&'o [u8]>,
    /// The memory that values may still take.
    memory: Cell<usize>,
}

impl<'o, O> Page<'o, O> {
    pub(super) fn new(bytes: &'o [u8], objects: &'o O, limits: &Limits) -> Self {
        Self { objects, rest: Cell::new(bytes), memory: Cell::new(limits.value_bytes) }
    }

    /// All was read.
    ///
    /// # Errors
    ///
    /// `Protocol` if something is left.
    pub(super) fn finish<T>(&self, value: T) -> Result<T> {
        match self.rest.get().len() {
            0 => Ok(value),
            left => Err(malformed(format!("expected the end of a message, got {left} bytes more"))),
        }
    }

    fn take(&self, count: usize) -> Result<&'o [u8]> {
        let rest = self.rest.get();
        let missing = || malformed(format!("expected {count} bytes, got {}", rest.len()));
        let (taken, rest) = rest.split_at_checked(count).ok_or_else(missing)?;
        self.rest.set(rest);
        Ok(taken)
    }

    /// As many bytes, as a number.
    fn number(&self, width: usize) -> Result<u64> {
        let mut bytes = [0; 8];
        bytes[..width].copy_from_slice(self.take(width)?);
        Ok(u64::from_le_bytes(bytes))
    }

    /// Whether the next byte is one, and not zero.
    fn flag(&self) -> Result<bool> {
        match self.number(1)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(malformed(format!("expected 0 or 1, got {other}"))),
        }
    }

    /// A count of elements that take so much memory each, charged before they do.
    fn count(&self, each: usize) -> Result<usize> {
        let count = self.number(4)? as usize;
        let left = self.memory.get().checked_sub(count.saturating_mul(each.max(1)));
        self.memory.set(left.ok_or_else(|| too_large(format!("{count} elements take too much memory")))?);
        Ok(count)
    }
}

/// Reads one value.
pub(super) struct In<'a, O> {
    page: &'a Page<'a, O>,
    depth: usize,
}

impl<'a, O> In<'a, O> {
    pub(super) fn new(page: &'a Page<'a, O>, limits: &Limits) -> Self {
        Self { page, depth: limits.value_depth }
    }

    fn another(&self) -> Self {
        Self { page: self.page, depth: self.depth }
    }

    /// One for what is inside of this value.
    fn inside(&self) -> Result<Self> {
        Ok(Self { page: self.page, depth: deeper(self.depth)? })
    }
}

impl<'a, O: ObjectSource> Reader for In<'a, O> {
    type Fields<F: Fields> = FieldsIn<'a, O, F>;
    type Variant<U: Value> = VariantIn<'a, O, U>;

    fn prim<P: Primitive>(self) -> Result<P> {
        self.page.number(width(P::PRIM)).map(P::from_bits)
    }

    fn text(self) -> Result<String> {
        let text = String::from_utf8(self.bytes()?);
        text.map_err(|error| malformed(format!("expected UTF-8: {error}")))
    }

    fn bytes(self) -> Result<Vec<u8>> {
        let count = self.page.count(1)?;
        self.page.take(count).map(<[u8]>::to_vec)
    }

    fn option<T, M: Marshal<T>>(self) -> Result<Option<T>> {
        if self.page.flag()? { M::read(self).map(Some) } else { Ok(None) }
    }

    fn list<T, M: Marshal<T>, C: FromIterator<T>>(self) -> Result<C> {
        let inside = self.inside()?;
        let count = self.page.count(size_of::<T>())?;
        (0..count).map(|_| M::read(inside.another())).collect()
    }

    fn map<K: Value, V: Value, C: FromIterator<(K, V)>>(self) -> Result<C> {
        let inside = self.inside()?;
        let count = self.page.count(size_of::<(K, V)>())?;
        (0..count).map(|_| Ok((K::read(inside.another())?, V::read(inside.another())?))).collect()
    }

    fn record<F: Fields>(self) -> Result<Self::Fields<F>> {
        FieldsIn::new(self)
    }

    fn variant<U: Value>(self) -> Result<Self::Variant<U>> {
        let tag = self.page.number(2)? as u16;
        Ok(VariantIn { input: self, tag, of: PhantomData })
    }

    fn object<I: Interface + ?Sized>(self) -> Result<Arc<I>> {
        let index = self.page.number(4)? as u32;
        self.page.objects.take(index)
    }
}

/// Reads the fields of a struct or of a variant.
pub(super) struct FieldsIn<'a, O, F> {
    inside: In<'a, O>,
    next: usize,
    of: PhantomData<fn() -> F>,
}

impl<'a, O, F> FieldsIn<'a, O, F> {
    pub(super) fn new(input: In<'a, O>) -> Result<Self> {
        Ok(Self { inside: input.inside()?, next: 0, of: PhantomData })
    }
}

impl<O: ObjectSource, F: Fields> FieldReader for FieldsIn<'_, O, F> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self) -> Result<T> {
        check_order(&mut self.next, N)?;
        M::read(self.inside.another())
    }
}

/// Reads an enum with data.
pub(super) struct VariantIn<'a, O, U> {
    input: In<'a, O>,
    tag: u16,
    of: PhantomData<fn() -> U>,
}

impl<'a, O: ObjectSource, U: Value> VariantReader for VariantIn<'a, O, U> {
    type Fields<const N: usize> = FieldsIn<'a, O, VariantOf<U, N>>;

    fn tag(&self) -> u16 {
        self.tag
    }

    fn fields<const N: usize>(self) -> Result<Self::Fields<N>> {
        FieldsIn::new(self.input)
    }
}
