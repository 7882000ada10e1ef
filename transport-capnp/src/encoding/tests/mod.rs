//! Round trips, hostile messages and older peers.

mod hostile;
mod objects;
mod older;
mod values;

use std::{any::Any, cell::RefCell, fmt::Debug, sync::Arc};

use capnp::{any_pointer, message::ReaderOptions, serialize};
use ipc_core::{Exception, ExceptionKind, Interface, Limits, Result, Value};

use super::{
    Message, ObjectSink, ObjectSource, Payload, decode_params, decode_results, encode_params, encode_results, raw,
};

/// An interface whose one method takes a `T` and gives one.
type Echo<T> = dyn Fn(T) -> Result<T> + Send + Sync;

/// Objects by their index, as a connection would keep them.
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

fn root(message: &Message) -> any_pointer::Reader<'_> {
    message.builder.get_root_as_reader().unwrap()
}

/// As a connection that carries up to 16 capabilities in a message.
fn payload(message: &Message) -> Payload<'_> {
    Payload { root: root(message), caps: 16, words: message.words() }
}

/// Sends a value through parameters and results, and gives what arrives.
fn round<T: Value>(value: T) -> Result<T> {
    let (table, limits) = (Table::default(), Limits::default());
    let call = encode_params::<Echo<T>, 0, (T,), _>(&(value,), &table, &limits)?;
    let (arrived,) = decode_params::<Echo<T>, 0, (T,), _>(payload(&call), &table, &limits)?;
    let table = Table::default();
    let reply = encode_results::<Echo<T>, 0, (T,), Exception, _>(&Ok((arrived,)), &table, &limits)?;
    let outcome = decode_results::<Echo<T>, 0, (T,), Exception, _>(payload(&reply), &table, &limits)?;
    outcome.map(|(value,)| value)
}

fn same<T: Value + Clone + PartialEq + Debug>(value: T) {
    assert_eq!(round(value.clone()).unwrap(), value);
}

/// Reads a message of one segment as the parameters `(T,)`.
fn read<T: Value>(words: &[u64], limits: &Limits) -> Result<T> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    read_segments(&[&bytes], limits)
}

fn read_segments<T: Value>(segments: &[&[u8]], limits: &Limits) -> Result<T> {
    let words = segments.iter().map(|segment| segment.len() / 8).sum();
    let message = capnp::message::Reader::new(capnp::message::SegmentArray::new(segments), ReaderOptions::new());
    let root = message.get_root::<any_pointer::Reader<'_>>().map_err(raw::malformed)?;
    let payload = Payload { root, caps: 2, words };
    decode_params::<Echo<T>, 0, (T,), _>(payload, &Table::default(), limits).map(|(value,)| value)
}

/// The segments of a message as one block.
fn bytes(message: Message) -> Vec<u8> {
    serialize::write_message_to_words(&message.into_builder())
}
