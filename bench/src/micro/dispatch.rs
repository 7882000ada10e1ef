//! From a message to the handler and back, as a server does it, without a connection.

use std::{hint::black_box, sync::Arc};

use ipc_core::{
    Interface, Result,
    interface::Method,
    transport::IncomingCall,
    value::{Args, Fault},
};
use transport_capnp::proof::{read_params, write_params, write_results};

use super::Step;
use crate::work::{Twenty, Work, Worker};

pub(super) const STEPS: &[Step] = &[
    Step { name: "dispatch_capnp_add", threads: false, run: |times| dispatch::<1, _>(times, &(40_i32, 2_i32)) },
    Step {
        name: "dispatch_capnp_struct_20_fields",
        threads: false,
        run: |times| dispatch::<3, _>(times, &(Twenty::example(),)),
    },
];

fn dispatch<const M: usize, A: Args>(times: u64, args: &A) {
    let object: Arc<dyn Work> = Arc::new(Worker::new());
    let message = write_params::<dyn Work, M, A>(args).expect("it can be written");
    let ordinal = <dyn Work as Interface>::SCHEMA.methods[M].ordinal;
    for _ in 0..times {
        let answer = <dyn Work as Interface>::dispatch(
            object.clone(),
            <dyn Work>::SCHEMA.id,
            ordinal,
            Call(black_box(&message)),
        );
        black_box(answer.expect("there is such a method"));
    }
}

/// A call whose message is here.
struct Call<'a>(&'a [u8]);

impl IncomingCall for Call<'_> {
    /// The answer's message; `None` if there is no such method.
    type Done = Option<Vec<u8>>;

    fn answer<I: Interface + ?Sized, const M: usize, A: Args, T: Args, E: Fault>(
        self,
        _: Method<I, M>,
        handler: impl FnOnce(A) -> Result<T, E>,
    ) -> Self::Done {
        let outcome = handler(read_params::<I, M, A>(self.0).expect("it can be read"));
        Some(write_results::<I, M, T, E>(&outcome).expect("it can be written"))
    }

    fn unknown(self) -> Self::Done {
        None
    }
}
