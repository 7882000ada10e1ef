//! Faults of the codec: of numbers, of limits, and of the objects that values refer to.

use std::{
    any::type_name,
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak, atomic::AtomicBool},
    thread,
    time::Duration,
};

use bytes::Bytes;
use example_transport::codec::Plain;
use ipc_core::{
    Interface, Limits, Result,
    session::{Codec, End, ObjectSink, ObjectSource},
    value::{
        Args, FieldReader, FieldWriter, Fields, Kind, Marshal, Prim, Primitive, Reader, Shape, Type, Value,
        VariantReader, Writer,
    },
};

use crate::{
    faults::{At, current},
    forward::forward,
};

/// The example's codec, with the fault if it is one of these.
pub(crate) struct Faulty {
    pub(crate) lost: Arc<AtomicBool>,
    /// The end that it is of, once there is one.
    pub(crate) end: Arc<OnceLock<Weak<End<Self>>>>,
}

/// Whether a reply was given that takes more than may wait.
static LARGE: Mutex<bool> = Mutex::new(false);

impl Faulty {
    /// Has a reply wait until there is room, once there is none.
    fn hold_back(&self, write: impl FnOnce() -> Result<Bytes>) -> Result<Bytes> {
        let Some(end) = self.end.get().and_then(Weak::upgrade) else { return write() };
        let limit = end.limits().output_bytes;
        let mut large = LARGE.lock().unwrap_or_else(PoisonError::into_inner);
        // It is among what waits only after it was written.
        while *large && end.lost().is_none() && end.outbox().waiting() <= limit {
            thread::sleep(Duration::from_millis(1));
        }
        while end.outbox().waiting() > limit {
            thread::sleep(Duration::from_millis(1));
        }
        let written = write()?;
        *large |= written.len() > limit;
        Ok(written)
    }
}

impl Codec for Faulty {
    const SYSTEM: &'static str = "broken";

    fn write<F: Fields, A: Args, O: ObjectSink>(&self, values: &A, objects: &O, limits: &Limits) -> Result<Bytes> {
        // What is written tells itself apart by its type only.
        if matches!(current(), At::RepliesWait) && type_name::<F>().contains("::Results<") {
            return self.hold_back(|| Plain.write::<F, A, _>(values, &Objects(objects, &self.lost), &bounds(limits)));
        }
        Plain.write::<F, A, _>(values, &Objects(objects, &self.lost), &bounds(limits))
    }

    fn read<F: Fields, A: Args, O: ObjectSource>(&self, body: &Bytes, objects: &O, limits: &Limits) -> Result<A> {
        let (objects, limits) = (Objects(objects, &self.lost), bounds(limits));
        match current() {
            At::Numbers => Plain.read::<F, Truncated<A>, _>(body, &objects, &limits).map(|values| values.0),
            _ => Plain.read::<F, A, _>(body, &objects, &limits),
        }
    }

    fn write_error<E: Value, O: ObjectSink>(&self, error: &E, objects: &O, limits: &Limits) -> Result<Bytes> {
        Plain.write_error(error, &Objects(objects, &self.lost), &bounds(limits))
    }

    fn read_error<E: Value, O: ObjectSource>(&self, body: &Bytes, objects: &O, limits: &Limits) -> Result<E> {
        Plain.read_error(body, &Objects(objects, &self.lost), &bounds(limits))
    }
}

/// Those that are kept: none, if that is the fault.
fn bounds(limits: &Limits) -> Limits {
    let mut limits = limits.clone();
    if let At::NoBoundsOnValues = current() {
        limits.value_bytes = usize::MAX;
        limits.value_depth = 1 << 10;
    }
    limits
}

/// Gives and takes others in place of objects, if that is the fault.
struct Objects<'a, O>(&'a O, &'a Arc<AtomicBool>);

impl<O: ObjectSink> ObjectSink for Objects<'_, O> {
    fn put<I: Interface + ?Sized>(&self, object: &Arc<I>) -> Result<u32> {
        match current() {
            At::Sent(rule) => self.0.put(&forward(object, rule, self.1)),
            _ => self.0.put(object),
        }
    }
}

impl<O: ObjectSource> ObjectSource for Objects<'_, O> {
    fn take<I: Interface + ?Sized>(&self, index: u32) -> Result<Arc<I>> {
        let object = self.0.take::<I>(index)?;
        match current() {
            At::Received(rule) => Ok(forward(&object, rule, self.1)),
            _ => Ok(object),
        }
    }
}

/// Values whose numbers of 64 bits have lost the upper half.
struct Truncated<T>(T);

impl<A: Args> Args for Truncated<A> {
    const KINDS: &'static [Kind] = A::KINDS;

    fn write<F: FieldWriter>(&self, fields: &mut F) -> Result<()> {
        self.0.write(fields)
    }

    fn read<F: FieldReader>(fields: &mut F) -> Result<Self> {
        A::read(&mut Truncated(fields)).map(Truncated)
    }
}

impl<R: FieldReader> FieldReader for Truncated<&mut R> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self) -> Result<T> {
        self.0.field_with::<N, T, Truncated<M>>()
    }
}

impl<T, M: Marshal<T>> Marshal<T> for Truncated<M> {
    const KIND: Kind = M::KIND;
    const SHAPE: Shape = M::SHAPE;

    fn ty() -> Type {
        M::ty()
    }

    fn write<W: Writer>(value: &T, writer: W) -> Result<()> {
        M::write(value, writer)
    }

    fn read<R: Reader>(reader: R) -> Result<T> {
        M::read(TruncatedIn(reader))
    }
}

struct TruncatedIn<R>(R);

impl<R: Reader> Reader for TruncatedIn<R> {
    type Fields<S: Fields> = TruncatedIn<R::Fields<S>>;
    type Variant<U: Value> = TruncatedIn<R::Variant<U>>;

    fn prim<P: Primitive>(self) -> Result<P> {
        let value = self.0.prim::<P>()?;
        Ok(if P::PRIM == Prim::B64 && !P::FLOAT { P::from_bits(value.bits() & 0xffff_ffff) } else { value })
    }

    fn text(self) -> Result<String> {
        self.0.text()
    }

    fn bytes(self) -> Result<Vec<u8>> {
        self.0.bytes()
    }

    fn option<T, M: Marshal<T>>(self) -> Result<Option<T>> {
        self.0.option::<T, Truncated<M>>()
    }

    fn list<T, M: Marshal<T>, C: FromIterator<T>>(self) -> Result<C> {
        self.0.list::<T, Truncated<M>, C>()
    }

    fn map<K: Value, V: Value, C: FromIterator<(K, V)>>(self) -> Result<C> {
        self.0.map::<K, V, C>()
    }

    fn record<S: Fields>(self) -> Result<Self::Fields<S>> {
        self.0.record::<S>().map(TruncatedIn)
    }

    fn variant<U: Value>(self) -> Result<Self::Variant<U>> {
        self.0.variant::<U>().map(TruncatedIn)
    }

    fn object<I: Interface + ?Sized>(self) -> Result<Arc<I>> {
        self.0.object()
    }
}

impl<R: FieldReader> FieldReader for TruncatedIn<R> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self) -> Result<T> {
        self.0.field_with::<N, T, Truncated<M>>()
    }
}

impl<R: VariantReader> VariantReader for TruncatedIn<R> {
    type Fields<const N: usize> = TruncatedIn<R::Fields<N>>;

    fn tag(&self) -> u16 {
        self.0.tag()
    }

    fn fields<const N: usize>(self) -> Result<Self::Fields<N>> {
        self.0.fields::<N>().map(TruncatedIn)
    }
}
