//! Values to protobuf.

use std::{marker::PhantomData, sync::Arc};

use ipc_core::{
    Interface, Limits, Result,
    session::ObjectSink,
    value::{FieldWriter, Fields, Kind, Marshal, Of, Primitive, Shape, Value, VariantOf, Writer, deeper},
};
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

use super::{budget::too_large, numbers, wire::Scalar};

/// Most calls fit into these.
const FIRST_BYTES: usize = 128;

/// A message that is being written.
pub(super) struct Sheet<'c, O> {
    out: Vec<u8>,
    sink: &'c O,
    /// How long `out` may become.
    most: usize,
    depth: usize,
}

impl<'c, O> Sheet<'c, O> {
    /// An empty one.
    pub(super) fn new(sink: &'c O, limits: &Limits) -> Self {
        Self { out: Vec::with_capacity(FIRST_BYTES), sink, most: limits.message_bytes, depth: limits.value_depth }
    }

    /// What was written.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// The fields of the message itself.
    pub(super) fn root<S>(&mut self) -> Result<FieldsOut<'_, 'c, O, S>> {
        let depth = deeper(0, self.depth)?;
        Ok(FieldsOut { sheet: self, depth, open: None, fields: PhantomData })
    }

    fn room(&self, more: usize) -> Result<()> {
        if self.most.saturating_sub(self.out.len()) < more {
            return Err(too_large(format!("expected a message of at most {} bytes", self.most)));
        }
        Ok(())
    }

    fn number(&mut self, scalar: Scalar, bits: u64) {
        match scalar {
            Scalar::Varint => encode_varint(bits, &mut self.out),
            Scalar::Fixed32 => self.out.extend_from_slice(&(bits as u32).to_le_bytes()),
            Scalar::Fixed64 => self.out.extend_from_slice(&bits.to_le_bytes()),
        }
    }

    fn bytes(&mut self, number: u32, bytes: &[u8]) -> Result<()> {
        // Key and length take at most 5 and 10 bytes.
        self.room(bytes.len().saturating_add(15))?;
        encode_key(number, WireType::LengthDelimited, &mut self.out);
        encode_varint(bytes.len() as u64, &mut self.out);
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Begins something whose length is not known yet.
    fn open(&mut self, number: u32, droppable: bool) -> Result<Open> {
        self.room(15)?;
        let key = self.out.len();
        encode_key(number, WireType::LengthDelimited, &mut self.out);
        self.out.push(0);
        Ok(Open { key, content: self.out.len(), droppable })
    }

    /// Writes the length of what was begun. Most are below 128; for the others there was one byte's room only.
    fn close(&mut self, open: Open) -> Result<()> {
        let len = self.out.len() - open.content;
        if len == 0 && open.droppable {
            self.out.truncate(open.key);
            return Ok(());
        }
        let more = encoded_len_varint(len as u64) - 1;
        self.room(more)?;
        if more > 0 {
            self.out.resize(self.out.len() + more, 0);
            self.out.copy_within(open.content..open.content + len, open.content + more);
        }
        let mut place = &mut self.out[open.content - 1..open.content + more];
        encode_varint(len as u64, &mut place);
        Ok(())
    }
}

/// Where something begins whose length is not known yet.
#[derive(Clone, Copy)]
struct Open {
    key: usize,
    content: usize,
    /// Whether it is left out when it is empty, since it reads the same.
    droppable: bool,
}

/// Where a value goes.
#[derive(Clone, Copy)]
enum Place {
    /// A field, left out if it is `default`: the bits of a number, or empty.
    Field { number: u32, default: Option<u64> },
    /// A number among others.
    Packed,
}

/// Writes one value.
pub(super) struct Out<'a, 'c, O> {
    sheet: &'a mut Sheet<'c, O>,
    place: Place,
    depth: usize,
}

impl<'a, 'c, O> Out<'a, 'c, O> {
    /// The field, and whether it is left out if it is empty.
    fn field(&self) -> Result<(u32, bool)> {
        match self.place {
            Place::Field { number, default } => Ok((number, default.is_some())),
            Place::Packed => Err(super::disagree()),
        }
    }

    /// Begins a message in the field.
    fn enter(self) -> Result<(&'a mut Sheet<'c, O>, usize, Open)> {
        let (number, droppable) = self.field()?;
        let depth = deeper(self.depth, self.sheet.depth)?;
        let open = self.sheet.open(number, droppable)?;
        Ok((self.sheet, depth, open))
    }
}

/// Writes a message of one field around a value.
fn wrap<O: ObjectSink, T, M: Marshal<T>>(sheet: &mut Sheet<'_, O>, number: u32, depth: usize, value: &T) -> Result<()> {
    let depth = deeper(depth, sheet.depth)?;
    let open = sheet.open(number, false)?;
    M::write(value, Out { sheet, place: Place::Field { number: 1, default: Some(0) }, depth })?;
    sheet.close(open)
}

impl<'a, 'c, O: ObjectSink> Writer for Out<'a, 'c, O> {
    type Fields<S: Fields> = FieldsOut<'a, 'c, O, S>;
    type Variant<U: Value, const N: usize> = VariantOut<'a, 'c, O, U, N>;

    #[inline]
    fn prim<P: Primitive>(self, value: P) -> Result<()> {
        let scalar = const { super::scalar_of::<P>() };
        let bits = value.bits();
        self.sheet.room(15)?;
        match self.place {
            Place::Field { default: Some(default), .. } if default == bits => return Ok(()),
            Place::Field { number, .. } => encode_key(number, scalar.wire_type(), &mut self.sheet.out),
            Place::Packed => {}
        }
        self.sheet.number(scalar, bits);
        Ok(())
    }

    fn text(self, value: &str) -> Result<()> {
        self.bytes(value.as_bytes())
    }

    fn bytes(self, value: &[u8]) -> Result<()> {
        let (number, droppable) = self.field()?;
        if value.is_empty() && droppable {
            return Ok(());
        }
        self.sheet.bytes(number, value)
    }

    fn none(self) -> Result<()> {
        Ok(())
    }

    fn some<T, M: Marshal<T>>(mut self, value: &T) -> Result<()> {
        let (number, _) = self.field()?;
        if const { numbers::optional_is_wrapped(M::KIND) } {
            return wrap::<O, T, M>(self.sheet, number, self.depth, value);
        }
        self.place = Place::Field { number, default: None };
        M::write(value, self)
    }

    fn list<'v, T: 'v, M: Marshal<T>>(self, items: impl ExactSizeIterator<Item = &'v T>) -> Result<()> {
        let (number, _) = self.field()?;
        let depth = deeper(self.depth, self.sheet.depth)?;
        let sheet = self.sheet;
        if let Kind::Prim(_) = const { M::KIND } {
            let open = sheet.open(number, true)?;
            for item in items {
                M::write(item, Out { sheet, place: Place::Packed, depth })?;
            }
            return sheet.close(open);
        }
        for item in items {
            if const { numbers::element_is_wrapped(M::KIND) } {
                wrap::<O, T, M>(sheet, number, depth, item)?;
            } else {
                M::write(item, Out { sheet, place: Place::Field { number, default: None }, depth })?;
            }
        }
        Ok(())
    }

    fn map<'v, K: Value, V: Value>(self, items: impl ExactSizeIterator<Item = (&'v K, &'v V)>) -> Result<()> {
        let (number, _) = self.field()?;
        let depth = deeper(deeper(self.depth, self.sheet.depth)?, self.sheet.depth)?;
        let sheet = self.sheet;
        for (key, value) in items {
            let open = Some(sheet.open(number, false)?);
            let mut fields = FieldsOut::<O, Of<(K, V)>> { sheet, depth, open, fields: PhantomData };
            fields.field::<0, K>(key)?;
            fields.field::<1, V>(value)?;
            fields.end()?;
        }
        Ok(())
    }

    fn record<S: Fields>(self) -> Result<Self::Fields<S>> {
        let (sheet, depth, open) = self.enter()?;
        Ok(FieldsOut { sheet, depth, open: Some(open), fields: PhantomData })
    }

    fn variant<U: Value, const N: usize>(self) -> Result<Self::Variant<U, N>> {
        const { numbers::check_variants(variants::<U>()) };
        let number = const { numbers::variant(variants::<U>(), N) };
        let (sheet, depth, outer) = self.enter()?;
        if const { numbers::is_direct(VariantOf::<U, N>::FIELDS) } {
            return Ok(VariantOut { sheet, depth, outer, inner: None, variant: PhantomData });
        }
        let depth = deeper(depth, sheet.depth)?;
        let inner = Some(sheet.open(number, false)?);
        Ok(VariantOut { sheet, depth, outer, inner, variant: PhantomData })
    }

    fn object<I: Interface + ?Sized>(self, object: &Arc<I>) -> Result<()> {
        let index = self.sheet.sink.put(object)?;
        let place = Place::Field { number: self.field()?.0, default: None };
        let mut fields = Self { place, ..self }.record::<super::Object>()?;
        fields.field::<0, u32>(&index)?;
        fields.end()
    }
}

/// The variants of an enum with data.
pub(super) const fn variants<U: Value>() -> &'static [ipc_core::value::Variant] {
    match U::SHAPE {
        Shape::Union(variants) => variants,
        Shape::Leaf | Shape::Record(_) => panic!("not an enum with data"),
    }
}

/// Writes the fields of a struct.
pub(super) struct FieldsOut<'a, 'c, O, S> {
    sheet: &'a mut Sheet<'c, O>,
    depth: usize,
    open: Option<Open>,
    fields: PhantomData<fn() -> S>,
}

impl<O: ObjectSink, S: Fields> FieldWriter for FieldsOut<'_, '_, O, S> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self, value: &T) -> Result<()> {
        const { numbers::check_fields(S::FIELDS) };
        let (number, default) = const { (numbers::field(S::FIELDS, N), S::FIELDS[N].default) };
        let place = Place::Field { number, default: Some(default) };
        M::write(value, Out { sheet: self.sheet, place, depth: self.depth })
    }

    fn end(self) -> Result<()> {
        match self.open {
            Some(open) => self.sheet.close(open),
            None => Ok(()),
        }
    }
}

/// Writes the fields of variant `N`: a message of their own, or the one field that the variant is.
pub(super) struct VariantOut<'a, 'c, O, U, const N: usize> {
    sheet: &'a mut Sheet<'c, O>,
    depth: usize,
    outer: Open,
    inner: Option<Open>,
    variant: PhantomData<fn() -> U>,
}

impl<O: ObjectSink, U: Value, const V: usize> FieldWriter for VariantOut<'_, '_, O, U, V> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self, value: &T) -> Result<()> {
        const { numbers::check_fields(VariantOf::<U, V>::FIELDS) };
        let place = const {
            let fields = VariantOf::<U, V>::FIELDS;
            if numbers::is_direct(fields) {
                // Written even if it is zero or empty: that it is there says which variant it is.
                Place::Field { number: numbers::variant(variants::<U>(), V), default: None }
            } else {
                Place::Field { number: numbers::field(fields, N), default: Some(fields[N].default) }
            }
        };
        M::write(value, Out { sheet: self.sheet, place, depth: self.depth })
    }

    fn end(self) -> Result<()> {
        if let Some(inner) = self.inner {
            self.sheet.close(inner)?;
        }
        self.sheet.close(self.outer)
    }
}
