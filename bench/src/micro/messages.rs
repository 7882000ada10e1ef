//! What the steps need of an encoding, whatever it is.

use ipc_core::{Exception, Result, value::Args};

use crate::work::Work;

/// Marshals the parameters and results of the methods of `Work`, values only.
pub(super) trait Messages: Default {
    /// A message as it is sent.
    type Message;

    fn write_params<const M: usize, A: Args>(&self, args: &A) -> Result<Self::Message>;
    fn read_params<const M: usize, A: Args>(&self, message: &Self::Message) -> Result<A>;
    fn write_results<const M: usize, T: Args>(&self, outcome: &Result<T, Exception>) -> Result<Self::Message>;
    fn read_results<const M: usize, T: Args>(&self, message: &Self::Message) -> Result<T>;
}

#[cfg(feature = "capnp")]
pub(super) use capnp::CapnProto;

#[cfg(feature = "capnp")]
mod capnp {
    use transport_capnp::proof::{read_params, read_results, write_params, write_results};

    use super::{Args, Exception, Messages, Result, Work};

    /// Messages with their segment table.
    #[derive(Default)]
    pub(in super::super) struct CapnProto;

    impl Messages for CapnProto {
        type Message = Vec<u8>;

        fn write_params<const M: usize, A: Args>(&self, args: &A) -> Result<Vec<u8>> {
            write_params::<dyn Work, M, A>(args)
        }

        fn read_params<const M: usize, A: Args>(&self, message: &Vec<u8>) -> Result<A> {
            read_params::<dyn Work, M, A>(message)
        }

        fn write_results<const M: usize, T: Args>(&self, outcome: &Result<T, Exception>) -> Result<Vec<u8>> {
            write_results::<dyn Work, M, T, Exception>(outcome)
        }

        fn read_results<const M: usize, T: Args>(&self, message: &Vec<u8>) -> Result<T> {
            read_results::<dyn Work, M, T, Exception>(message)?
        }
    }
}

#[cfg(any(feature = "grpc", feature = "local"))]
mod by_codec {
    use std::sync::Arc;

    use bytes::Bytes;
    use ipc_core::{
        ExceptionKind, Interface, Limits,
        interface::{Params, Results},
        session::{Codec, ObjectSink, ObjectSource},
    };

    use super::{Args, Exception, Messages, Result, Work};

    impl<C: Codec + Default> Messages for C {
        type Message = Bytes;

        fn write_params<const M: usize, A: Args>(&self, args: &A) -> Result<Bytes> {
            self.write::<Params<dyn Work, M>, A, _>(args, &NoObjects, &Limits::default())
        }

        fn read_params<const M: usize, A: Args>(&self, message: &Bytes) -> Result<A> {
            self.read::<Params<dyn Work, M>, A, _>(message, &NoObjects, &Limits::default())
        }

        fn write_results<const M: usize, T: Args>(&self, outcome: &Result<T, Exception>) -> Result<Bytes> {
            let values = outcome.as_ref().map_err(Clone::clone)?;
            self.write::<Results<dyn Work, M>, T, _>(values, &NoObjects, &Limits::default())
        }

        fn read_results<const M: usize, T: Args>(&self, message: &Bytes) -> Result<T> {
            self.read::<Results<dyn Work, M>, T, _>(message, &NoObjects, &Limits::default())
        }
    }

    struct NoObjects;

    impl ObjectSink for NoObjects {
        fn put<I: Interface + ?Sized>(&self, _: &Arc<I>) -> Result<u32> {
            Err(none())
        }
    }

    impl ObjectSource for NoObjects {
        fn take<I: Interface + ?Sized>(&self, _: u32) -> Result<Arc<I>> {
            Err(none())
        }
    }

    fn none() -> Exception {
        Exception::new(ExceptionKind::Protocol, "there are no objects here")
    }
}
