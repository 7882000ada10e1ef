//! Values from protobuf, which may be hostile.

use std::{borrow::Cow, cell::RefCell, marker::PhantomData, sync::Arc};

use ipc_core::{
    Exception, ExceptionKind, Interface, Limits, Result,
    session::ObjectSource,
    value::{
        Budget, FieldReader, Fields, Kind, Marshal, Of, Only, Prim, Primitive, Reader, Value, Variant, VariantOf,
        VariantReader,
    },
};

use super::{
    budget::{footprint, too_large},
    numbers, scalar_of,
    slots::{FieldSlot, Frame, Slots},
    wire::{self, Content, Raw, Scalar, malformed, mismatch},
    write::variants,
};

/// What all values of a message that is being read share.
pub(super) struct Page<'c, S> {
    source: &'c S,
    budget: Budget,
    slots: RefCell<Slots>,
}

impl<'c, S> Page<'c, S> {
    pub(super) fn new(source: &'c S, limits: &Limits, bytes: &[u8]) -> Result<Self> {
        if bytes.len() > limits.message_bytes || u32::try_from(bytes.len()).is_err() {
            let message = format!("expected a message of at most {} bytes, got {}", limits.message_bytes, bytes.len());
            return Err(too_large(message));
        }
        Ok(Self { source, budget: Budget::for_values(limits, bytes.len()), slots: RefCell::default() })
    }

    /// The fields of the message itself.
    pub(super) fn root<'p, F: Fields>(&'p self, bytes: &'p [u8]) -> Result<FieldsIn<'p, 'p, S, F>> {
        let depth = self.budget.enter(0)?;
        self.budget.spend(const { footprint(F::FIELDS) })?;
        FieldsIn::new(Cow::Borrowed(bytes), self, depth)
    }
}

/// Where a value comes from.
enum Place<'a> {
    /// A field of a message: all of the message, and what is known of the field.
    Field { message: &'a [u8], number: u32, slot: FieldSlot, default: u64 },
    /// An element of a list, or the member of a union that is there.
    Item { number: u32, content: Content<'a> },
}

/// Reads one value.
pub(super) struct In<'a, 'c, S> {
    place: Place<'a>,
    page: &'c Page<'c, S>,
    depth: usize,
    /// Whether the memory of the value itself is paid for.
    paid: bool,
}

impl<'a, S> In<'a, '_, S> {
    fn number(&self) -> u32 {
        match self.place {
            Place::Field { number, .. } | Place::Item { number, .. } => number,
        }
    }

    /// What is there; of a field that is there several times, the last.
    fn content(&self) -> Option<Content<'a>> {
        match &self.place {
            Place::Field { message, slot, .. } => slot.last(message),
            Place::Item { content, .. } => Some(*content),
        }
    }

    /// The bytes that are there.
    fn blob(&self, expected: &str) -> Result<&'a [u8]> {
        match self.content() {
            None => Ok(&[]),
            Some(Content::Bytes(bytes)) => Ok(bytes),
            Some(Content::Number(..)) => Err(mismatch(expected, self.number())),
        }
    }

    /// The message that is there. One that is there in pieces is all of them, one behind the other.
    fn message(&self) -> Result<Cow<'a, [u8]>> {
        let Place::Field { message, number, slot, .. } = &self.place else {
            return self.blob("a message").map(Cow::Borrowed);
        };
        if slot.count() <= 1 {
            return self.blob("a message").map(Cow::Borrowed);
        }
        let mut whole = Vec::new();
        each(message, *number, *slot, |content| match content {
            Content::Bytes(piece) => {
                self.page.budget.spend(piece.len())?;
                whole.extend_from_slice(piece);
                Ok(())
            }
            Content::Number(..) => Err(mismatch("a message", *number)),
        })?;
        Ok(Cow::Owned(whole))
    }

    /// Goes into a message that takes so much memory as a value.
    fn enter(&self, memory: usize) -> Result<(Cow<'a, [u8]>, usize)> {
        let depth = self.page.budget.enter(self.depth)?;
        if !self.paid {
            self.page.budget.spend_all(1, memory)?;
        }
        Ok((self.message()?, depth))
    }

    fn is_there(&self) -> bool {
        match &self.place {
            Place::Field { slot, .. } => slot.count() > 0,
            Place::Item { .. } => true,
        }
    }

    /// The field whose occurrences are a list's elements.
    fn repeated(&self) -> Result<(&'a [u8], u32, FieldSlot)> {
        match &self.place {
            Place::Field { message, number, slot, .. } => Ok((message, *number, *slot)),
            Place::Item { .. } => Err(super::disagree()),
        }
    }
}

/// Calls `take` for each time that a field is there.
fn each<'a>(
    message: &'a [u8],
    number: u32,
    slot: FieldSlot,
    mut take: impl FnMut(Content<'a>) -> Result<()>,
) -> Result<()> {
    let mut occurrences = Occurrences::new(message, number, slot);
    while let Some(content) = occurrences.next()? {
        take(content)?;
    }
    Ok(())
}

/// The contents of a field that may be there several times.
struct Occurrences<'a> {
    rest: &'a [u8],
    number: u32,
    left: u32,
}

impl<'a> Occurrences<'a> {
    fn new(message: &'a [u8], number: u32, slot: FieldSlot) -> Self {
        Self { rest: &message[slot.first()..], number, left: slot.count() }
    }

    #[inline]
    fn next(&mut self) -> Result<Option<Content<'a>>> {
        while self.left > 0 {
            let Some(Raw { number, content }) = wire::next(&mut self.rest)? else { break };
            if number == self.number {
                self.left -= 1;
                return Ok(Some(content));
            }
        }
        Ok(None)
    }
}

/// The numbers of a list, packed or not.
struct Numbers<'a> {
    occurrences: Occurrences<'a>,
    packed: &'a [u8],
    scalar: Scalar,
}

impl Numbers<'_> {
    #[inline]
    fn next(&mut self) -> Result<u64> {
        loop {
            if !self.packed.is_empty() {
                return self.scalar.take(&mut self.packed);
            }
            match self.occurrences.next()? {
                Some(Content::Bytes(packed)) => self.packed = packed,
                Some(Content::Number(scalar, bits)) if scalar == self.scalar => return Ok(bits),
                Some(Content::Number(..)) => return Err(mismatch("numbers of one type", self.occurrences.number)),
                None => return Err(malformed("a list of numbers that ends too early")),
            }
        }
    }
}

impl<'a, 'c, S: ObjectSource> Reader for In<'a, 'c, S> {
    type Fields<F: Fields> = FieldsIn<'a, 'c, S, F>;
    type Variant<U: Value> = UnionIn<'a, 'c, S, U>;

    #[inline]
    fn prim<P: Primitive>(self) -> Result<P> {
        let bits = match (&self.place, self.content()) {
            (Place::Field { default, .. }, None) => return Ok(P::from_bits(*default)),
            (_, Some(Content::Number(scalar, bits))) if scalar == const { scalar_of::<P>() } => bits,
            _ => return Err(mismatch("a number of its type", self.number())),
        };
        let value = P::from_bits(if const { matches!(P::PRIM, Prim::Bool) } { (bits != 0).into() } else { bits });
        if value.bits() == bits || const { matches!(P::PRIM, Prim::Bool | Prim::Void) } {
            return Ok(value);
        }
        let expected = 8 * size_of::<P>();
        let message = format!("expected a number of {expected} bits in field number {}, got {bits:#x}", self.number());
        Err(Exception::new(ExceptionKind::Protocol, message))
    }

    fn text(self) -> Result<String> {
        let bytes = self.blob("text")?;
        self.page.budget.spend_all(1, bytes.len())?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => {
                Err(Exception::new(ExceptionKind::Protocol, format!("expected UTF-8: {error}")).with_source(error))
            }
        }
    }

    fn bytes(self) -> Result<Vec<u8>> {
        let bytes = self.blob("bytes")?;
        self.page.budget.spend_all(1, bytes.len())?;
        Ok(bytes.to_vec())
    }

    fn option<T, M: Marshal<T>>(self) -> Result<Option<T>> {
        if !self.is_there() {
            return Ok(None);
        }
        if const { numbers::optional_is_wrapped(M::KIND) } {
            let (message, depth) = self.enter(size_of::<T>())?;
            return wrapped::<S, T, M>(message, self.page, depth).map(Some);
        }
        M::read(self).map(Some)
    }

    fn list<T, M: Marshal<T>, C: FromIterator<T>>(self) -> Result<C> {
        let page = self.page;
        let depth = page.budget.enter(self.depth)?;
        let (message, number, slot) = self.repeated()?;
        let mut occurrences = Occurrences::new(message, number, slot);
        if let Kind::Prim(_) = const { M::KIND } {
            let scalar = super::scalar_of_type(&M::ty());
            let mut count = 0;
            each(message, number, slot, |content| {
                count += match content {
                    Content::Bytes(packed) => scalar.count(packed),
                    Content::Number(..) => 1,
                };
                Ok(())
            })?;
            let mut all = Numbers { occurrences, packed: &[], scalar };
            return collect(page, count, || {
                let content = Content::Number(scalar, all.next()?);
                M::read(In { place: Place::Item { number, content }, page, depth, paid: true })
            });
        }
        collect(page, slot.count() as usize, || {
            let content = occurrences.next()?.ok_or_else(super::disagree)?;
            let item = In { place: Place::Item { number, content }, page, depth, paid: true };
            if const { numbers::element_is_wrapped(M::KIND) } {
                let (message, depth) = item.enter(0)?;
                return wrapped::<S, T, M>(message, page, depth);
            }
            M::read(item)
        })
    }

    fn map<K: Value, V: Value, C: FromIterator<(K, V)>>(self) -> Result<C> {
        let page = self.page;
        let depth = page.budget.enter(page.budget.enter(self.depth)?)?;
        let (message, number, slot) = self.repeated()?;
        let mut occurrences = Occurrences::new(message, number, slot);
        collect(page, slot.count() as usize, || match occurrences.next()? {
            Some(Content::Bytes(entry)) => {
                let mut fields = FieldsIn::<S, Of<(K, V)>>::new(Cow::Borrowed(entry), page, depth)?;
                Ok((fields.field::<0, K>()?, fields.field::<1, V>()?))
            }
            _ => Err(mismatch("the entry of a map", number)),
        })
    }

    fn record<F: Fields>(self) -> Result<Self::Fields<F>> {
        let (message, depth) = self.enter(const { footprint(F::FIELDS) })?;
        FieldsIn::new(message, self.page, depth)
    }

    fn variant<U: Value>(self) -> Result<Self::Variant<U>> {
        const { numbers::check_variants(variants::<U>()) };
        let (message, depth) = self.enter(size_of::<U>())?;
        UnionIn::new(message, self.page, depth)
    }

    fn object<I: Interface + ?Sized>(self) -> Result<Arc<I>> {
        if !self.is_there() {
            let message = format!("expected an object of {} in field number {}", I::SCHEMA.name, self.number());
            return Err(Exception::new(ExceptionKind::Protocol, message));
        }
        let page = self.page;
        let index = self.record::<super::Object>()?.field::<0, u32>()?;
        page.source.take(index)
    }
}

/// Reads a value from the message of one field that is around it.
fn wrapped<S: ObjectSource, T, M: Marshal<T>>(message: Cow<'_, [u8]>, page: &Page<'_, S>, depth: usize) -> Result<T> {
    // `Only` wants a type that lives for ever; the number and the default of its field are all that is needed of it.
    FieldsIn::<S, Only<u8>>::new(message, page, depth)?.value::<T, M>()
}

/// Pays for the elements of a list, then reads them.
fn collect<T, C: FromIterator<T>, S>(page: &Page<'_, S>, len: usize, read: impl FnMut() -> Result<T>) -> Result<C> {
    page.budget.spend_all(len, size_of::<T>())?;
    let mut error = None;
    let all = Items { left: len, read, error: &mut error }.collect();
    match error {
        None => Ok(all),
        Some(error) => Err(error),
    }
}

/// The elements up to the first broken one. Unlike the adapter for results it tells how many it has, so that a vector
/// allocates once; they are paid for.
struct Items<'e, F> {
    left: usize,
    read: F,
    error: &'e mut Option<Exception>,
}

impl<T, F: FnMut() -> Result<T>> Iterator for Items<'_, F> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        match (self.read)() {
            Ok(item) => Some(item),
            Err(error) => {
                *self.error = Some(error);
                self.left = 0;
                None
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

/// Reads the fields of a struct.
pub(super) struct FieldsIn<'a, 'c, S, F> {
    message: Cow<'a, [u8]>,
    page: &'c Page<'c, S>,
    frame: Frame,
    depth: usize,
    fields: PhantomData<fn() -> F>,
}

impl<'a, 'c, S, F: Fields> FieldsIn<'a, 'c, S, F> {
    fn new(message: Cow<'a, [u8]>, page: &'c Page<'c, S>, depth: usize) -> Result<Self> {
        const { numbers::check_fields(F::FIELDS) };
        let frame = page.slots.borrow_mut().scan(&message, F::FIELDS)?;
        Ok(Self { message, page, frame, depth, fields: PhantomData })
    }

    fn at(&self, n: usize, number: u32, default: u64) -> In<'_, 'c, S> {
        let slot = self.page.slots.borrow().get(self.frame, n);
        let place = Place::Field { message: &self.message, number, slot, default };
        In { place, page: self.page, depth: self.depth, paid: false }
    }
}

impl<S: ObjectSource, F: Fields> FieldsIn<'_, '_, S, F> {
    /// The value that this message is around. It is paid for.
    fn value<T, M: Marshal<T>>(&self) -> Result<T> {
        M::read(In { paid: true, ..self.at(0, 1, 0) })
    }
}

impl<S, F> Drop for FieldsIn<'_, '_, S, F> {
    fn drop(&mut self) {
        self.page.slots.borrow_mut().pop(self.frame);
    }
}

impl<S: ObjectSource, F: Fields> FieldReader for FieldsIn<'_, '_, S, F> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self) -> Result<T> {
        let (number, default) = const { (numbers::field(F::FIELDS, N), F::FIELDS[N].default) };
        M::read(self.at(N, number, default))
    }
}

/// The variant that is there.
pub(super) struct UnionIn<'a, 'c, S, U> {
    message: Cow<'a, [u8]>,
    /// Where in the message the member's field begins; its end if there is none.
    at: usize,
    tag: u16,
    page: &'c Page<'c, S>,
    depth: usize,
    union: PhantomData<fn() -> U>,
}

impl<'a, 'c, S, U: Value> UnionIn<'a, 'c, S, U> {
    fn new(message: Cow<'a, [u8]>, page: &'c Page<'c, S>, depth: usize) -> Result<Self> {
        let variants: &'static [Variant] = const { variants::<U>() };
        let (mut known, mut unknown) = (None, None);
        let mut rest = &*message;
        loop {
            let at = message.len() - rest.len();
            let Some(Raw { number, .. }) = wire::next(&mut rest)? else { break };
            // Of several members, the last counts.
            match (0..variants.len()).find(|n| numbers::variant(variants, *n) == number) {
                Some(tag) => known = Some((at, tag as u16)),
                None => unknown = Some(number),
            }
        }
        let (at, tag) = match (known, unknown) {
            (Some(known), _) => known,
            // No variant of this side's: one that has as many before it may be there under another number.
            (None, Some(number)) => {
                (message.len(), u16::try_from(number - 1).unwrap_or(u16::MAX).max(variants.len() as u16))
            }
            // Missing, since the peer is older: the first variant is the default if it holds nothing.
            (None, None) if variants.first().is_some_and(|first| first.fields.is_empty()) => (message.len(), 0),
            (None, None) => {
                let names: Vec<&str> = variants.iter().map(|variant| variant.name).collect();
                let message = format!("expected one of {}, got nothing", names.join(", "));
                return Err(Exception::new(ExceptionKind::Protocol, message));
            }
        };
        Ok(Self { message, at, tag, page, depth, union: PhantomData })
    }
}

impl<'a, 'c, S: ObjectSource, U: Value> VariantReader for UnionIn<'a, 'c, S, U> {
    type Fields<const N: usize> = VariantIn<'a, 'c, S, U, N>;

    fn tag(&self) -> u16 {
        self.tag
    }

    fn fields<const N: usize>(self) -> Result<Self::Fields<N>> {
        let Self { message, at, page, depth, .. } = self;
        let number = const { numbers::variant(variants::<U>(), N) };
        if const { numbers::is_direct(VariantOf::<U, N>::FIELDS) } {
            return Ok(VariantIn::Direct { message, at, page, depth });
        }
        let depth = page.budget.enter(depth)?;
        // Where its fields are within the message.
        let inner = match wire::next(&mut &message[at..])? {
            None => 0..0,
            Some(Raw { content: Content::Bytes(inner), .. }) => {
                let start = inner.as_ptr() as usize - message.as_ptr() as usize;
                start..start + inner.len()
            }
            Some(_) => return Err(mismatch("a message", number)),
        };
        let inner = match message {
            Cow::Borrowed(message) => Cow::Borrowed(&message[inner]),
            Cow::Owned(message) => Cow::Owned(message[inner].to_vec()),
        };
        Ok(VariantIn::Fields(FieldsIn::new(inner, page, depth)?))
    }
}

/// Reads the fields of variant `N`: a message of their own, or the one field that the variant is.
pub(super) enum VariantIn<'a, 'c, S, U, const N: usize> {
    Direct { message: Cow<'a, [u8]>, at: usize, page: &'c Page<'c, S>, depth: usize },
    Fields(FieldsIn<'a, 'c, S, VariantOf<U, N>>),
}

impl<S: ObjectSource, U: Value, const V: usize> FieldReader for VariantIn<'_, '_, S, U, V> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self) -> Result<T> {
        let (message, at, page, depth) = match self {
            Self::Fields(fields) => return fields.field_with::<N, T, M>(),
            Self::Direct { message, at, page, depth } => (&*message, *at, *page, *depth),
        };
        let number = const { numbers::variant(variants::<U>(), V) };
        let raw = wire::next(&mut &message[at..])?;
        let content = raw.ok_or_else(super::disagree)?.content;
        M::read(In { place: Place::Item { number, content }, page, depth, paid: false })
    }
}
