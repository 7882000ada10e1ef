//! Where Cap'n Proto puts the fields of a struct.
//!
//! Calls don't do this: it is done when they are compiled. It tells what compiling costs.

use std::hint::black_box;

use ipc_core::Value;
use transport_capnp::proof::size_of;

use super::Step;
use crate::work::Twenty;

pub(super) const STEP: Step = Step { name: "layout_capnp_struct_20_fields", threads: false, run: layout };

fn layout(times: u64) {
    for _ in 0..times {
        black_box(size_of(black_box(<Twenty as Value>::SHAPE)));
    }
}
