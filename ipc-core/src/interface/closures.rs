//! Closures as interfaces: `dyn Fn(A…) -> Result<R, E> + Send + Sync`, one method `call`.

use std::sync::Arc;

use super::{Interface, InterfaceSchema, MethodSchema, Outcome, Proxy, method};
use crate::{
    transport::{IncomingCall, Remote},
    value::{Fault, Field, Value, fingerprint, mix},
};

/// Interface ids have their highest bit set, as Cap'n Proto wants it.
const ID_BIT: u64 = 1 << 63;

macro_rules! closures {
    ($($($n:ident $v:ident),*;)*) => { $(
        impl<$($n: Value,)* T: Value, X: Fault> Interface for dyn Fn($($n),*) -> Result<T, X> + Send + Sync {
            const ID: u64 = {
                let hash = fingerprint("Fn");
                $(let hash = mix(hash, $n::FINGERPRINT);)*
                mix(mix(hash, T::FINGERPRINT), X::FINGERPRINT) | ID_BIT
            };
            const CLOSURE: bool = true;
            const SCHEMA: &'static InterfaceSchema = &InterfaceSchema {
                name: "Fn",
                module: module_path!(),
                id: Self::ID,
                bases: &[],
                methods: &[MethodSchema {
                    name: "call",
                    wire_name: None,
                    ordinal: 0,
                    params: &[$(Field::of::<$n>(stringify!($v))),*],
                    results: &[Field::of::<T>("result")],
                    error: <Result<T, X> as Outcome>::ERROR,
                    context: true,
                    since: None,
                }],
                bootstrap: false,
                destroy: None,
                doc: "A closure.",
            };

            fn proxy<R: Remote>(proxy: Arc<Proxy<R>>) -> Arc<Self> {
                Arc::new(move |$($v: $n),*| {
                    proxy.remote().call(method::<Self, 0>(), ($($v,)*)).map(|(result,)| result)
                })
            }

            fn dispatch<Call: IncomingCall>(this: Arc<Self>, interface: u64, ordinal: u16, call: Call) -> Call::Done {
                if (interface, ordinal) != (Self::ID, 0) {
                    return call.unknown();
                }
                call.answer(method::<Self, 0>(), |($($v,)*): ($($n,)*)| this($($v),*).map(|result| (result,)))
            }
        }
    )* };
}

closures! {
    ;
    A a;
    A a, B b;
    A a, B b, C c;
    A a, B b, C c, D d;
    A a, B b, C c, D d, E e;
    A a, B b, C c, D d, E e, F f;
}
