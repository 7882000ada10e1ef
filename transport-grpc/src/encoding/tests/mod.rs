//! Round trips, bytes as protobuf has them, hostile messages and older peers.

mod bytes;
mod hostile;
mod older;
mod values;

use std::{any::Any, cell::RefCell, fmt::Debug, sync::Arc};

use ipc_core::{
    Exception, ExceptionKind, Interface, Limits, Result, Value,
    interface::{Params, Results},
    session::{ObjectSink, ObjectSource},
};

use super::{decode, decode_value, encode, encode_value};

/// An interface whose one method takes a `T` and gives one.
type Echo<T> = dyn Fn(T) -> Result<T> + Send + Sync;

/// Objects by their index, as a session would keep them.
#[derive(Default)]
struct Table(RefCell<Vec<Box<dyn Any>>>);

impl ObjectSink for Table {
    fn put<I: Interface + ?Sized>(&self, object: &Arc<I>) -> Result<u32> {
        let mut all = self.0.borrow_mut();
        all.push(Box::new(Arc::clone(object)));
        Ok(all.len() as u32 - 1)
    }
}

impl ObjectSource for Table {
    fn take<I: Interface + ?Sized>(&self, index: u32) -> Result<Arc<I>> {
        let all = self.0.borrow();
        let object = all.get(index as usize).and_then(|object| object.downcast_ref::<Arc<I>>());
        object
            .cloned()
            .ok_or_else(|| Exception::new(ExceptionKind::Protocol, format!("no object {index} of this type")))
    }
}

/// The parameters `(value,)`.
fn write<T: Value>(value: T) -> Vec<u8> {
    write_within(value, &Limits::default()).unwrap()
}

fn write_within<T: Value>(value: T, limits: &Limits) -> Result<Vec<u8>> {
    encode::<Params<Echo<T>, 0>, _, _>(&(value,), &Table::default(), limits)
}

/// Reads bytes as the parameters `(T,)`.
fn read<T: Value>(bytes: &[u8], limits: &Limits) -> Result<T> {
    decode::<Params<Echo<T>, 0>, (T,), _>(bytes, &Table::default(), limits).map(|(value,)| value)
}

/// Sends a value through parameters, results and an error, and gives what arrives.
fn round<T: Value>(value: T) -> Result<T> {
    let (table, limits) = (Table::default(), Limits::default());
    let call = encode::<Params<Echo<T>, 0>, (T,), _>(&(value,), &table, &limits)?;
    let arrived: (T,) = decode::<Params<Echo<T>, 0>, _, _>(&call, &table, &limits)?;
    let table = Table::default();
    let reply = encode::<Results<Echo<T>, 0>, _, _>(&arrived, &table, &limits)?;
    let (arrived,): (T,) = decode::<Results<Echo<T>, 0>, _, _>(&reply, &table, &limits)?;
    let table = Table::default();
    decode_value(&encode_value(&arrived, &table, &limits)?, &table, &limits)
}

fn same<T: Value + Clone + PartialEq + Debug>(value: T) {
    assert_eq!(round(value.clone()).unwrap(), value);
}
