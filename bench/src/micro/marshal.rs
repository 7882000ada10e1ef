//! Values to and from messages, in each encoding.

use std::hint::black_box;

use ipc_core::{Exception, value::Args};

use super::{Step, messages::Messages};
use crate::work::{Item, Twenty, list, payload};

/// The methods' places in the trait `Work`.
const ADD: usize = 1;
const TWENTY: usize = 3;
const RESULT: usize = 4;
const LIST: usize = 6;

/// The steps in one encoding, each with its name before its own.
macro_rules! steps {
    ($name:literal, $messages:ty) => {
        &[
            step(concat!("marshal_", $name, "_add_write"), |times| write::<$messages, ADD, _>(times, &add())),
            step(concat!("marshal_", $name, "_add_read"), |times| read::<$messages, ADD, _>(times, &add())),
            step(concat!("marshal_", $name, "_struct_20_fields_write"), |times| {
                write::<$messages, TWENTY, _>(times, &(Twenty::example(),))
            }),
            step(concat!("marshal_", $name, "_struct_20_fields_read"), |times| {
                read::<$messages, TWENTY, _>(times, &(Twenty::example(),))
            }),
            step(concat!("marshal_", $name, "_bytes_64kib_write"), |times| {
                write_result::<$messages, RESULT, _>(times, bytes())
            }),
            step(concat!("marshal_", $name, "_bytes_64kib_read"), |times| {
                read_result::<$messages, RESULT, (Vec<u8>,)>(times, bytes())
            }),
            step(concat!("marshal_", $name, "_list_10000_structs_write"), |times| {
                write_result::<$messages, LIST, _>(times, (list().to_vec(),))
            }),
            step(concat!("marshal_", $name, "_list_10000_structs_read"), |times| {
                read_result::<$messages, LIST, (Vec<Item>,)>(times, (list().to_vec(),))
            }),
        ]
    };
}

#[cfg(feature = "capnp")]
pub(super) const CAPNP: &[Step] = steps!("capnp", super::messages::CapnProto);
#[cfg(feature = "grpc")]
pub(super) const GRPC: &[Step] = steps!("grpc", transport_grpc::Protobuf);
#[cfg(feature = "local")]
pub(super) const LOCAL: &[Step] = steps!("local", transport_local::Bincode);

const fn step(name: &'static str, run: fn(u64)) -> Step {
    Step { name, threads: false, run }
}

fn add() -> (i32, i32) {
    (40, 2)
}

fn bytes() -> (Vec<u8>,) {
    (payload(64 << 10),)
}

fn write<E: Messages, const M: usize, A: Args>(times: u64, args: &A) {
    let messages = E::default();
    for _ in 0..times {
        black_box(messages.write_params::<M, A>(black_box(args)).expect("it can be written"));
    }
}

fn read<E: Messages, const M: usize, A: Args>(times: u64, args: &A) {
    let messages = E::default();
    let message = messages.write_params::<M, A>(args).expect("it can be written");
    for _ in 0..times {
        black_box(messages.read_params::<M, A>(black_box(&message)).expect("it can be read"));
    }
}

fn write_result<E: Messages, const M: usize, T: Args>(times: u64, results: T) {
    let (messages, outcome) = (E::default(), Ok::<_, Exception>(results));
    for _ in 0..times {
        black_box(messages.write_results::<M, T>(black_box(&outcome)).expect("it can be written"));
    }
}

fn read_result<E: Messages, const M: usize, T: Args>(times: u64, results: T) {
    let messages = E::default();
    let message = messages.write_results::<M, T>(&Ok(results)).expect("it can be written");
    for _ in 0..times {
        drop(black_box(messages.read_results::<M, T>(black_box(&message)).expect("it can be read")));
    }
}
