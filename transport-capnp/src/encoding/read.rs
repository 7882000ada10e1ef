//! Values from Cap'n Proto, which may be hostile.

use std::{marker::PhantomData, sync::Arc};

use ipc_core::{
    Exception, ExceptionKind, Interface, Result,
    value::{
        Budget, FieldReader, Fields, Kind, Marshal, Of, Prim, Primitive, Ptr, Reader, Value, VariantOf, VariantReader,
    },
};

use super::{
    ObjectSource,
    budget::footprint,
    placeholder,
    raw::{PointerIn, PrimsIn, StructIn, mismatch},
    section::{Record, Section, Variant, Wrapped, fits, union_of},
};
use crate::layout::{Members, Slot};

/// What all values of a message that is being read share.
pub(super) struct Page<'c, S> {
    pub(super) source: &'c S,
    pub(super) budget: Budget,
}

/// Where a value comes from.
enum Place<'a> {
    /// A field of a struct.
    Field(StructIn<'a>, Slot),
    /// An element of a list of primitives.
    Item(&'a PrimsIn<'a>, u32),
    /// An element of a list of pointers.
    Pointer(PointerIn<'a>),
    /// An element of a list of structs.
    Whole(StructIn<'a>),
}

/// Reads one value.
pub(super) struct In<'a, 'c, S> {
    place: Place<'a>,
    page: &'c Page<'c, S>,
    depth: usize,
}

impl<'a, S> In<'a, '_, S> {
    fn pointer(&self) -> Result<PointerIn<'a>> {
        match &self.place {
            Place::Field(fields, slot) => Ok(fields.pointer(slot.at)),
            Place::Pointer(pointer) => Ok(*pointer),
            Place::Item(..) | Place::Whole(_) => Err(mismatch()),
        }
    }

    /// Goes into a struct that takes so much memory. That of a list's element is paid for already.
    fn enter(&self, memory: usize) -> Result<(StructIn<'a>, usize)> {
        let depth = self.page.budget.enter(self.depth)?;
        if let Place::Whole(fields) = &self.place {
            return Ok((*fields, depth));
        }
        self.page.budget.spend_all(1, memory)?;
        Ok((self.pointer()?.record()?, depth))
    }

    /// Whether an optional is there.
    fn is_there(&self) -> Result<bool> {
        match &self.place {
            Place::Field(fields, Slot { has: Some(has), .. }) => Ok(fields.get(Prim::Bool, *has) != 0),
            _ => Ok(!self.pointer()?.is_null()),
        }
    }
}

impl<'a, 'c, S: ObjectSource> Reader for In<'a, 'c, S> {
    type Fields<F: Fields> = FieldsIn<'a, 'c, S, Record<F>>;
    type Variant<U: Value> = UnionIn<'a, 'c, S, U>;

    fn prim<P: Primitive>(self) -> Result<P> {
        let bits = match &self.place {
            Place::Field(fields, slot) => match slot.kind {
                Kind::Prim(prim) | Kind::OptPrim(prim) if prim == P::PRIM => fields.get(prim, slot.at) ^ slot.default,
                _ => return Err(mismatch()),
            },
            Place::Item(items, index) => items.get(P::PRIM, *index)?,
            Place::Pointer(_) | Place::Whole(_) => return Err(mismatch()),
        };
        Ok(P::from_bits(bits))
    }

    fn text(self) -> Result<String> {
        let bytes = self.pointer()?.text()?;
        self.page.budget.spend_all(1, bytes.len())?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => {
                Err(Exception::new(ExceptionKind::Protocol, format!("expected UTF-8: {error}")).with_source(error))
            }
        }
    }

    fn bytes(self) -> Result<Vec<u8>> {
        let bytes = self.pointer()?.bytes()?;
        self.page.budget.spend_all(1, bytes.len())?;
        Ok(bytes.to_vec())
    }

    fn option<T, M: Marshal<T>>(self) -> Result<Option<T>> {
        if !self.is_there()? {
            return Ok(None);
        }
        if const { M::KIND.optional().same(Kind::Boxed) } {
            let (fields, depth) = self.enter(size_of::<T>())?;
            return FieldsIn::<S, Wrapped<T, M>>::new(fields, self.page, depth).field_with::<0, T, M>().map(Some);
        }
        M::read(self).map(Some)
    }

    fn list<T, M: Marshal<T>, C: FromIterator<T>>(self) -> Result<C> {
        let page = self.page;
        let depth = page.budget.enter(self.depth)?;
        let pointer = self.pointer()?;
        match const { M::KIND } {
            Kind::Prim(prim) => {
                let list = &pointer.prims(prim)?;
                collect(page, list.len(), |index| M::read(In { place: Place::Item(list, index), page, depth }))
            }
            Kind::Ptr(Ptr::Struct) => {
                let list = pointer.records()?;
                collect(page, list.len(), |index| M::read(In { place: Place::Whole(list.at(index)?), page, depth }))
            }
            Kind::OptPrim(_) | Kind::OptPtr(_) | Kind::HasPtr(_) | Kind::Boxed => {
                let slot = const { Wrapped::<T, M>::MEMBERS.slot(0) };
                let depth = page.budget.enter(depth)?;
                let list = pointer.records()?;
                collect(page, list.len(), |index| {
                    M::read(In { place: Place::Field(list.at(index)?, slot), page, depth })
                })
            }
            Kind::Ptr(_) => {
                let list = pointer.pointers()?;
                collect(page, list.len(), |index| M::read(In { place: Place::Pointer(list.at(index)?), page, depth }))
            }
        }
    }

    fn map<K: Value, V: Value, C: FromIterator<(K, V)>>(self) -> Result<C> {
        let page = self.page;
        let depth = page.budget.enter(page.budget.enter(self.depth)?)?;
        let list = self.pointer()?.records()?;
        collect(page, list.len(), |index| {
            let mut fields = FieldsIn::<S, Record<Of<(K, V)>>>::new(list.at(index)?, page, depth);
            Ok((fields.field::<0, K>()?, fields.field::<1, V>()?))
        })
    }

    fn record<F: Fields>(self) -> Result<Self::Fields<F>> {
        let (fields, depth) = self.enter(const { footprint(&Members::of(F::FIELDS)) })?;
        Ok(FieldsIn::new(fields, self.page, depth))
    }

    fn variant<U: Value>(self) -> Result<Self::Variant<U>> {
        let (fields, depth) = self.enter(size_of::<U>())?;
        Ok(UnionIn { fields, page: self.page, depth, union: PhantomData })
    }

    fn object<I: Interface + ?Sized>(self) -> Result<Arc<I>> {
        let pointer = self.pointer()?;
        if pointer.is_null() {
            let message = format!("expected an object of {}, got a null pointer", I::SCHEMA.name);
            return Err(Exception::new(ExceptionKind::Protocol, message));
        }
        self.page.source.take(placeholder::index(&*pointer.object()?))
    }
}

/// Pays for the elements of a list, then reads them.
fn collect<T, C: FromIterator<T>, S>(page: &Page<'_, S>, len: u32, read: impl FnMut(u32) -> Result<T>) -> Result<C> {
    page.budget.spend_all(len as usize, size_of::<T>())?;
    let mut error = None;
    let all = Items { indices: 0..len, read, error: &mut error }.collect();
    match error {
        None => Ok(all),
        Some(error) => Err(error),
    }
}

/// The elements up to the first broken one. Unlike the adapter for results it tells how many it has, so that a vector
/// allocates once; they are paid for.
struct Items<'e, F> {
    indices: std::ops::Range<u32>,
    read: F,
    error: &'e mut Option<Exception>,
}

impl<T, F: FnMut(u32) -> Result<T>> Iterator for Items<'_, F> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match (self.read)(self.indices.next()?) {
            Ok(item) => Some(item),
            Err(error) => {
                *self.error = Some(error);
                self.indices = 0..0;
                None
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.indices.size_hint()
    }
}

/// Reads the fields of a struct.
pub(super) struct FieldsIn<'a, 'c, S, L> {
    fields: StructIn<'a>,
    page: &'c Page<'c, S>,
    depth: usize,
    section: PhantomData<fn() -> L>,
}

impl<'a, 'c, S, L: Section> FieldsIn<'a, 'c, S, L> {
    fn new(fields: StructIn<'a>, page: &'c Page<'c, S>, depth: usize) -> Self {
        Self { fields, page, depth, section: PhantomData }
    }

    /// The fields of a message's root.
    pub(super) fn root(pointer: PointerIn<'a>, page: &'c Page<'c, S>) -> Result<Self> {
        let depth = page.budget.enter(0)?;
        page.budget.spend(const { footprint(&L::MEMBERS) })?;
        Ok(Self::new(pointer.record()?, page, depth))
    }

    /// The place of the field after the method's results: its error.
    pub(super) fn last(&self) -> In<'a, 'c, S> {
        let slot = const { L::MEMBERS.slot(L::MEMBERS.len() - 1) };
        In { place: Place::Field(self.fields, slot), page: self.page, depth: self.depth }
    }
}

impl<S: ObjectSource, L: Section> FieldReader for FieldsIn<'_, '_, S, L> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self) -> Result<T> {
        const {
            assert!(fits(M::KIND, L::MEMBERS.field(N).kind), "a field is read as another kind than its schema says");
        }
        let slot = const { L::MEMBERS.slot(N) };
        M::read(In { place: Place::Field(self.fields, slot), page: self.page, depth: self.depth })
    }
}

/// Reads an enum with data.
pub(super) struct UnionIn<'a, 'c, S, U> {
    fields: StructIn<'a>,
    page: &'c Page<'c, S>,
    depth: usize,
    union: PhantomData<fn() -> U>,
}

impl<'a, 'c, S: ObjectSource, U: Value> VariantReader for UnionIn<'a, 'c, S, U> {
    type Fields<const N: usize> = VariantIn<'a, 'c, S, U, N>;

    fn tag(&self) -> u16 {
        self.fields.get(Prim::B16, const { union_of::<U>().tag() }) as u16
    }

    fn fields<const N: usize>(self) -> Result<Self::Fields<N>> {
        let (mut fields, mut depth) = (self.fields, self.depth);
        if const { !union_of::<U>().is_direct(N) } {
            depth = self.page.budget.enter(depth)?;
            fields = fields.pointer(const { union_of::<U>().slot(N).at }).record()?;
        }
        Ok(VariantIn { fields, page: self.page, depth, variant: PhantomData })
    }
}

/// Reads the fields of variant `N`.
pub(super) struct VariantIn<'a, 'c, S, U, const N: usize> {
    fields: StructIn<'a>,
    page: &'c Page<'c, S>,
    depth: usize,
    variant: PhantomData<fn() -> U>,
}

impl<S: ObjectSource, U: Value, const V: usize> FieldReader for VariantIn<'_, '_, S, U, V> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self) -> Result<T> {
        const {
            let kind = VariantOf::<U, V>::FIELDS[N].kind;
            assert!(fits(M::KIND, kind), "a field is read as another kind than its schema says");
        }
        let slot = const {
            if union_of::<U>().is_direct(V) { union_of::<U>().slot(V) } else { Variant::<U, V>::MEMBERS.slot(N) }
        };
        M::read(In { place: Place::Field(self.fields, slot), page: self.page, depth: self.depth })
    }
}
