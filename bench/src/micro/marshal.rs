//! Values to and from Cap'n Proto messages.

use std::hint::black_box;

use ipc_core::{Exception, Interface, Value, value::Args};
use transport_capnp::proof::{read_params, read_results, size_of, write_params, write_results};

use super::Step;
use crate::work::{Item, Twenty, Work, list, payload};

/// The methods' places in the trait.
const ADD: usize = 1;
const TWENTY: usize = 3;
const RESULT: usize = 4;
const LIST: usize = 6;

pub(super) const STEPS: &[Step] = &[
    Step { name: "layout_struct_20_fields", run: layout },
    Step { name: "marshal_add_write", run: |times| write::<dyn Work, ADD, _>(times, &(40_i32, 2_i32)) },
    Step { name: "marshal_add_read", run: |times| read::<dyn Work, ADD, _>(times, &(40_i32, 2_i32)) },
    Step {
        name: "marshal_struct_20_fields_write",
        run: |times| write::<dyn Work, TWENTY, _>(times, &(Twenty::example(),)),
    },
    Step {
        name: "marshal_struct_20_fields_read",
        run: |times| read::<dyn Work, TWENTY, _>(times, &(Twenty::example(),)),
    },
    Step { name: "marshal_bytes_64kib_write", run: |times| write_result::<RESULT, _>(times, (payload(64 << 10),)) },
    Step {
        name: "marshal_bytes_64kib_read",
        run: |times| read_result::<RESULT, (Vec<u8>,)>(times, (payload(64 << 10),)),
    },
    Step { name: "marshal_list_10000_structs_write", run: |times| write_result::<LIST, _>(times, (list().to_vec(),)) },
    Step {
        name: "marshal_list_10000_structs_read",
        run: |times| read_result::<LIST, (Vec<Item>,)>(times, (list().to_vec(),)),
    },
];

/// Calls don't do this: it is done when they are compiled. It tells what compiling costs.
fn layout(times: u64) {
    for _ in 0..times {
        black_box(size_of(black_box(<Twenty as Value>::SHAPE)));
    }
}

fn write<I: Interface + ?Sized, const M: usize, A: Args>(times: u64, args: &A) {
    for _ in 0..times {
        black_box(write_params::<I, M, A>(black_box(args)).expect("it can be written"));
    }
}

fn read<I: Interface + ?Sized, const M: usize, A: Args>(times: u64, args: &A) {
    let message = write_params::<I, M, A>(args).expect("it can be written");
    for _ in 0..times {
        black_box(read_params::<I, M, A>(black_box(&message)).expect("it can be read"));
    }
}

fn write_result<const M: usize, T: Args>(times: u64, results: T) {
    let outcome = Ok::<_, Exception>(results);
    for _ in 0..times {
        black_box(write_results::<dyn Work, M, T, Exception>(black_box(&outcome)).expect("it can be written"));
    }
}

fn read_result<const M: usize, T: Args>(times: u64, results: T) {
    let message = write_results::<dyn Work, M, T, Exception>(&Ok(results)).expect("it can be written");
    for _ in 0..times {
        let read = read_results::<dyn Work, M, T, Exception>(black_box(&message)).expect("it can be read");
        drop(black_box(read));
    }
}
