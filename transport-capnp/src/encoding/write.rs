//! Values to Cap'n Proto.

use std::{cell::Cell, marker::PhantomData, sync::Arc};

use ipc_core::{
    Exception, ExceptionKind, Interface, Result,
    value::{Budget, FieldWriter, Fields, Kind, Marshal, Of, Prim, Primitive, Ptr, Value, VariantOf, Writer},
};

use super::{
    ObjectSink,
    placeholder::placeholder,
    raw::{MOST_ELEMENTS, PointerOut, PrimsOut, Sizing, StructOut, mismatch},
    section::{Itself, Record, Section, Variant, Wrapped, fits, union_of},
};
use crate::layout::{Members, Size, Slot, lg_bits};

/// What all values of a message that is being written share.
pub(super) struct Sheet<'c, O> {
    pub(super) sink: &'c O,
    pub(super) budget: Budget,
    /// How many capabilities the message carries so far.
    pub(super) caps: Cell<u32>,
}

impl<O> Sheet<'_, O> {
    /// Checks a number of elements or bytes.
    fn count(len: usize) -> Result<u32> {
        if len >= MOST_ELEMENTS {
            let message = format!("expected a list of less than {MOST_ELEMENTS} elements, got {len}");
            return Err(Exception::new(ExceptionKind::TooLarge, message));
        }
        Ok(len as u32)
    }

    fn record<'a>(&self, pointer: PointerOut<'a>, size: Size) -> Result<StructOut<'a>> {
        self.budget.spend(size.words())?;
        Ok(pointer.record(size))
    }
}

/// Where a value goes.
enum Place<'a> {
    /// A field of a struct.
    Field(StructOut<'a>, Slot),
    /// An element of a list of primitives.
    Item(PrimsOut<'a>, u32),
    /// An element of a list of pointers.
    Pointer(PointerOut<'a>),
    /// An element of a list of structs.
    Whole(StructOut<'a>),
}

/// Writes one value.
pub(super) struct Out<'a, 'c, O> {
    place: Place<'a>,
    sheet: &'c Sheet<'c, O>,
    depth: usize,
}

impl<'a, O> Out<'a, '_, O> {
    fn pointer(self) -> Result<PointerOut<'a>> {
        match self.place {
            Place::Field(fields, slot) => fields.pointer(slot.at),
            Place::Pointer(pointer) => Ok(pointer),
            Place::Item(..) | Place::Whole(_) => Err(mismatch()),
        }
    }

    /// Goes into a struct of this size.
    fn enter(self, size: Size) -> Result<(StructOut<'a>, usize)> {
        let depth = self.sheet.budget.enter(self.depth)?;
        match self.place {
            Place::Whole(fields) if fields.size() == size => Ok((fields, depth)),
            Place::Whole(_) | Place::Item(..) => Err(mismatch()),
            Place::Field(..) | Place::Pointer(_) => {
                let sheet = self.sheet;
                Ok((sheet.record(self.pointer()?, size)?, depth))
            }
        }
    }

    /// Says that an optional with a presence bit is there.
    fn set_presence(&self) -> Result<()> {
        match &self.place {
            Place::Field(fields, Slot { has: Some(has), .. }) => fields.set(Prim::Bool, *has, 1),
            _ => Ok(()),
        }
    }
}

impl<'a, 'c, O: ObjectSink> Writer for Out<'a, 'c, O> {
    type Fields<S: Fields> = FieldsOut<'a, 'c, O, Record<S>>;
    type Variant<U: Value, const N: usize> = VariantOut<'a, 'c, O, U, N>;

    fn prim<P: Primitive>(self, value: P) -> Result<()> {
        match self.place {
            Place::Field(fields, slot) => match slot.kind {
                Kind::Prim(prim) | Kind::OptPrim(prim) if prim == P::PRIM => {
                    fields.set(prim, slot.at, value.bits() ^ slot.default)
                }
                _ => Err(mismatch()),
            },
            Place::Item(items, index) => items.set(P::PRIM, index, value.bits()),
            Place::Pointer(_) | Place::Whole(_) => Err(mismatch()),
        }
    }

    fn text(self, value: &str) -> Result<()> {
        let len = Sheet::<O>::count(value.len())?;
        // One byte more marks the end.
        self.sheet.budget.spend(len as usize / 8 + 1)?;
        self.pointer()?.text(value);
        Ok(())
    }

    fn bytes(self, value: &[u8]) -> Result<()> {
        let len = Sheet::<O>::count(value.len())?;
        self.sheet.budget.spend((len as usize).div_ceil(8))?;
        self.pointer()?.bytes(value);
        Ok(())
    }

    fn none(self) -> Result<()> {
        Ok(())
    }

    fn some<T, M: Marshal<T>>(self, value: &T) -> Result<()> {
        if const { M::KIND.optional().same(Kind::Boxed) } {
            let sheet = self.sheet;
            let (out, depth) = self.enter(const { Wrapped::<T, M>::MEMBERS.size() })?;
            return FieldsOut::<O, Wrapped<T, M>>::new(out, sheet, depth).field_with::<0, T, M>(value);
        }
        self.set_presence()?;
        M::write(value, self)
    }

    fn list<'v, T: 'v, M: Marshal<T>>(self, items: impl ExactSizeIterator<Item = &'v T>) -> Result<()> {
        let len = Sheet::<O>::count(items.len())?;
        let sheet = self.sheet;
        let depth = sheet.budget.enter(self.depth)?;
        let pointer = self.pointer()?;
        let items = (0..len).zip(items);
        match const { M::KIND } {
            Kind::Prim(prim) => {
                sheet.budget.spend(lg_bits(prim).map_or(0, |lg| ((len as usize) << lg).div_ceil(64)))?;
                let mut list = pointer.prims(prim, len);
                for (index, item) in items {
                    M::write(item, Out { place: Place::Item(list.reborrow(), index), sheet, depth })?;
                }
            }
            Kind::Ptr(Ptr::Struct) => {
                let size = const { Itself::<T, M>::SIZE };
                sheet.budget.spend(1 + size.words() * len as usize)?;
                let mut list = pointer.records::<Itself<T, M>>(len);
                for (index, item) in items {
                    M::write(item, Out { place: Place::Whole(list.at(index)?), sheet, depth })?;
                }
            }
            Kind::OptPrim(_) | Kind::OptPtr(_) | Kind::HasPtr(_) | Kind::Boxed => {
                let (size, slot) = const { (Wrapped::<T, M>::MEMBERS.size(), Wrapped::<T, M>::MEMBERS.slot(0)) };
                sheet.budget.spend(1 + size.words() * len as usize)?;
                let depth = sheet.budget.enter(depth)?;
                let mut list = pointer.records::<Wrapped<T, M>>(len);
                for (index, item) in items {
                    M::write(item, Out { place: Place::Field(list.at(index)?, slot), sheet, depth })?;
                }
            }
            Kind::Ptr(_) => {
                sheet.budget.spend(len as usize)?;
                let mut list = pointer.pointers(len);
                for (index, item) in items {
                    M::write(item, Out { place: Place::Pointer(list.at(index)?), sheet, depth })?;
                }
            }
        }
        Ok(())
    }

    fn map<'v, K: Value, V: Value>(self, items: impl ExactSizeIterator<Item = (&'v K, &'v V)>) -> Result<()> {
        let len = Sheet::<O>::count(items.len())?;
        let sheet = self.sheet;
        let depth = sheet.budget.enter(sheet.budget.enter(self.depth)?)?;
        let pointer = self.pointer()?;
        sheet.budget.spend(1 + const { Record::<Of<(K, V)>>::SIZE }.words() * len as usize)?;
        let mut list = pointer.records::<Record<Of<(K, V)>>>(len);
        for (index, (key, value)) in (0..len).zip(items) {
            let mut fields = FieldsOut::<O, Record<Of<(K, V)>>>::new(list.at(index)?, sheet, depth);
            fields.field::<0, K>(key)?;
            fields.field::<1, V>(value)?;
        }
        Ok(())
    }

    fn record<S: Fields>(self) -> Result<Self::Fields<S>> {
        let sheet = self.sheet;
        let (out, depth) = self.enter(const { Members::of(S::FIELDS).size() })?;
        Ok(FieldsOut::new(out, sheet, depth))
    }

    fn variant<U: Value, const N: usize>(self) -> Result<Self::Variant<U, N>> {
        let sheet = self.sheet;
        let (slot, tag, size) = const { (union_of::<U>().slot(N), union_of::<U>().tag(), union_of::<U>().size()) };
        let (out, depth) = self.enter(size)?;
        out.set(Prim::B16, tag, N as u64)?;
        if const { union_of::<U>().is_direct(N) } {
            return Ok(VariantOut { out, sheet, depth, variant: PhantomData });
        }
        let depth = sheet.budget.enter(depth)?;
        let out = sheet.record(out.pointer(slot.at)?, const { Variant::<U, N>::MEMBERS.size() })?;
        Ok(VariantOut { out, sheet, depth, variant: PhantomData })
    }

    fn object<I: Interface + ?Sized>(self, object: &Arc<I>) -> Result<()> {
        let sheet = self.sheet;
        let pointer = self.pointer()?;
        let index = sheet.sink.put(object)?;
        if sheet.caps.replace(index + 1) != index {
            return Err(Exception::new(
                ExceptionKind::Protocol,
                "capabilities of a message are numbered in their order",
            ));
        }
        pointer.object(placeholder(index));
        Ok(())
    }
}

/// Writes the fields of a struct.
pub(super) struct FieldsOut<'a, 'c, O, L> {
    out: StructOut<'a>,
    sheet: &'c Sheet<'c, O>,
    depth: usize,
    section: PhantomData<fn() -> L>,
}

impl<'a, 'c, O, L: Section> FieldsOut<'a, 'c, O, L> {
    fn new(out: StructOut<'a>, sheet: &'c Sheet<'c, O>, depth: usize) -> Self {
        Self { out, sheet, depth, section: PhantomData }
    }

    /// The fields of a message's root.
    pub(super) fn root(pointer: PointerOut<'a>, sheet: &'c Sheet<'c, O>) -> Result<Self> {
        let depth = sheet.budget.enter(0)?;
        Ok(Self::new(sheet.record(pointer, const { L::MEMBERS.size() })?, sheet, depth))
    }

    /// The place of the field after the method's results: its error.
    pub(super) fn last(self) -> Out<'a, 'c, O> {
        let slot = const { L::MEMBERS.slot(L::MEMBERS.len() - 1) };
        Out { place: Place::Field(self.out, slot), sheet: self.sheet, depth: self.depth }
    }
}

impl<O: ObjectSink, L: Section> FieldWriter for FieldsOut<'_, '_, O, L> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self, value: &T) -> Result<()> {
        const {
            assert!(fits(M::KIND, L::MEMBERS.field(N).kind), "a field is written as another kind than its schema says");
        }
        let slot = const { L::MEMBERS.slot(N) };
        M::write(value, Out { place: Place::Field(self.out.reborrow(), slot), sheet: self.sheet, depth: self.depth })
    }

    fn end(self) -> Result<()> {
        Ok(())
    }
}

/// Writes the fields of variant `N`: the union's own member, or a struct of its own.
pub(super) struct VariantOut<'a, 'c, O, U, const N: usize> {
    out: StructOut<'a>,
    sheet: &'c Sheet<'c, O>,
    depth: usize,
    variant: PhantomData<fn() -> U>,
}

impl<O: ObjectSink, U: Value, const V: usize> FieldWriter for VariantOut<'_, '_, O, U, V> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self, value: &T) -> Result<()> {
        const {
            let kind = VariantOf::<U, V>::FIELDS[N].kind;
            assert!(fits(M::KIND, kind), "a field is written as another kind than its schema says");
        }
        let slot = const {
            if union_of::<U>().is_direct(V) { union_of::<U>().slot(V) } else { Variant::<U, V>::MEMBERS.slot(N) }
        };
        M::write(value, Out { place: Place::Field(self.out.reborrow(), slot), sheet: self.sheet, depth: self.depth })
    }

    fn end(self) -> Result<()> {
        Ok(())
    }
}
