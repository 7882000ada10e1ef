//! Values from bincode, which may be hostile.

use std::{cell::RefCell, marker::PhantomData, ops::Range, sync::Arc};

use bincode::{
    Decode,
    config::Configuration,
    de::{Decoder, DecoderImpl, read::Reader as Source},
    error::DecodeError,
};
use ipc_core::{
    Exception, Interface, Limits, Result,
    session::ObjectSource,
    value::{Budget, FieldReader, Fields, Marshal, Of, Prim, Primitive, Reader, Value, VariantOf, VariantReader},
};

use super::{CONFIG, check_order, deeper, malformed};

/// What all values of a message that is being read share.
pub(super) struct Page<'o, O> {
    objects: &'o O,
    decoder: RefCell<DecoderImpl<Rest<'o>, Configuration, ()>>,
    budget: Budget,
}

/// Bytes that are not read yet.
struct Rest<'o>(&'o [u8]);

impl Source for Rest<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> Result<(), DecodeError> {
        let missing = || DecodeError::UnexpectedEnd { additional: bytes.len() - self.0.len() };
        let (taken, rest) = self.0.split_at_checked(bytes.len()).ok_or_else(missing)?;
        bytes.copy_from_slice(taken);
        self.0 = rest;
        Ok(())
    }
}

impl<'o, O> Page<'o, O> {
    pub(super) fn new(bytes: &'o [u8], objects: &'o O, limits: &Limits) -> Self {
        let decoder = RefCell::new(DecoderImpl::new(Rest(bytes), CONFIG, ()));
        Self { objects, decoder, budget: Budget::for_values(limits, bytes.len()) }
    }

    /// All was read.
    ///
    /// # Errors
    ///
    /// `Protocol` if something is left.
    pub(super) fn finish<T>(&self, value: T) -> Result<T> {
        match self.decoder.borrow_mut().reader().0.len() {
            0 => Ok(value),
            left => Err(malformed(format!("expected the end of a message, got {left} bytes more"))),
        }
    }

    fn get<T: Decode<()>>(&self) -> Result<T> {
        let decoded = T::decode(&mut *self.decoder.borrow_mut());
        decoded.map_err(|error| malformed(format!("cannot read a value: {error}")))
    }

    /// Pays for the elements of a list, each of which takes so much memory.
    fn count(&self, each: usize) -> Result<usize> {
        let count = usize::try_from(self.get::<u64>()?).unwrap_or(usize::MAX);
        self.budget.spend_all(count, each)?;
        Ok(count)
    }

    /// Bytes, copied once they are known to be there.
    fn raw(&self) -> Result<Vec<u8>> {
        let count = self.count(1)?;
        let mut decoder = self.decoder.borrow_mut();
        let rest = &mut decoder.reader().0;
        let (taken, left) = rest
            .split_at_checked(count)
            .ok_or_else(|| malformed(format!("expected {count} bytes, got {}", rest.len())))?;
        *rest = left;
        Ok(taken.to_vec())
    }
}

/// Reads one value.
pub(super) struct In<'a, 'o, O> {
    page: &'a Page<'o, O>,
    depth: usize,
}

impl<'a, 'o, O> In<'a, 'o, O> {
    pub(super) fn new(page: &'a Page<'o, O>, depth: usize) -> Self {
        Self { page, depth }
    }
}

impl<'a, 'o, O: ObjectSource> Reader for In<'a, 'o, O> {
    type Fields<F: Fields> = FieldsIn<'a, 'o, O, F>;
    type Variant<U: Value> = VariantIn<'a, 'o, O, U>;

    fn prim<P: Primitive>(self) -> Result<P> {
        let page = self.page;
        Ok(P::from_bits(match (P::PRIM, P::SIGNED, P::FLOAT) {
            (Prim::Void, ..) => 0,
            (Prim::Bool, ..) => page.get::<bool>()?.into(),
            (Prim::B8, ..) => page.get::<u8>()?.into(),
            (Prim::B16, false, _) => page.get::<u16>()?.into(),
            (Prim::B16, true, _) => i64::from(page.get::<i16>()?) as u64,
            (Prim::B32, _, true) => u32::from_le_bytes(page.get()?).into(),
            (Prim::B32, false, _) => page.get::<u32>()?.into(),
            (Prim::B32, true, _) => i64::from(page.get::<i32>()?) as u64,
            (Prim::B64, _, true) => u64::from_le_bytes(page.get()?),
            (Prim::B64, false, _) => page.get::<u64>()?,
            (Prim::B64, true, _) => page.get::<i64>()? as u64,
        }))
    }

    fn text(self) -> Result<String> {
        let text = String::from_utf8(self.page.raw()?);
        text.map_err(|error| malformed(format!("expected UTF-8: {error}")).with_source(error))
    }

    fn bytes(self) -> Result<Vec<u8>> {
        self.page.raw()
    }

    fn option<T, M: Marshal<T>>(self) -> Result<Option<T>> {
        if self.page.get::<bool>()? { M::read(self).map(Some) } else { Ok(None) }
    }

    fn list<T, M: Marshal<T>, C: FromIterator<T>>(self) -> Result<C> {
        let Self { page, depth } = self;
        let depth = deeper(depth)?;
        let count = page.count(size_of::<T>())?;
        collect(count, || M::read(In { page, depth }))
    }

    fn map<K: Value, V: Value, C: FromIterator<(K, V)>>(self) -> Result<C> {
        let Self { page, depth } = self;
        let depth = deeper(depth)?;
        let count = page.count(size_of::<(K, V)>())?;
        collect(count, || {
            let mut fields = FieldsIn::<O, Of<(K, V)>>::new(page, depth)?;
            Ok((fields.field::<0, K>()?, fields.field::<1, V>()?))
        })
    }

    fn record<F: Fields>(self) -> Result<Self::Fields<F>> {
        // As many strings at most; what is in them pays for itself.
        self.page.budget.spend_all(F::FIELDS.len(), size_of::<String>())?;
        FieldsIn::new(self.page, self.depth)
    }

    fn variant<U: Value>(self) -> Result<Self::Variant<U>> {
        self.page.budget.spend_all(1, size_of::<U>())?;
        let tag = self.page.get()?;
        Ok(VariantIn { page: self.page, depth: self.depth, tag, of: PhantomData })
    }

    fn object<I: Interface + ?Sized>(self) -> Result<Arc<I>> {
        let index = self.page.get()?;
        self.page.objects.take(index)
    }
}

/// Reads the elements of a list, which are paid for.
fn collect<T, C: FromIterator<T>>(count: usize, read: impl FnMut() -> Result<T>) -> Result<C> {
    let mut error = None;
    let all = Items { left: 0..count, read, error: &mut error }.collect();
    error.map_or(Ok(all), Err)
}

/// The elements up to the first broken one. Unlike the adapter for results it tells how many it has, so that a vector
/// allocates once.
struct Items<'e, F> {
    left: Range<usize>,
    read: F,
    error: &'e mut Option<Exception>,
}

impl<T, F: FnMut() -> Result<T>> Iterator for Items<'_, F> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.left.next()?;
        match (self.read)() {
            Ok(item) => Some(item),
            Err(error) => {
                *self.error = Some(error);
                self.left = 0..0;
                None
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.left.size_hint()
    }
}

/// Reads the fields of a struct or of a variant.
pub(super) struct FieldsIn<'a, 'o, O, F> {
    page: &'a Page<'o, O>,
    depth: usize,
    next: usize,
    of: PhantomData<fn() -> F>,
}

impl<'a, 'o, O, F> FieldsIn<'a, 'o, O, F> {
    pub(super) fn new(page: &'a Page<'o, O>, depth: usize) -> Result<Self> {
        Ok(Self { page, depth: deeper(depth)?, next: 0, of: PhantomData })
    }
}

impl<O: ObjectSource, F: Fields> FieldReader for FieldsIn<'_, '_, O, F> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self) -> Result<T> {
        check_order::<F>(&mut self.next, N)?;
        M::read(In { page: self.page, depth: self.depth })
    }
}

/// Reads an enum with data.
pub(super) struct VariantIn<'a, 'o, O, U> {
    page: &'a Page<'o, O>,
    depth: usize,
    tag: u16,
    of: PhantomData<fn() -> U>,
}

impl<'a, 'o, O: ObjectSource, U: Value> VariantReader for VariantIn<'a, 'o, O, U> {
    type Fields<const N: usize> = FieldsIn<'a, 'o, O, VariantOf<U, N>>;

    fn tag(&self) -> u16 {
        self.tag
    }

    fn fields<const N: usize>(self) -> Result<Self::Fields<N>> {
        FieldsIn::new(self.page, self.depth)
    }
}
