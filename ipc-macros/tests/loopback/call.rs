//! Objects and calls.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    marker::PhantomData,
    sync::{Arc, LazyLock, Mutex, Weak},
};

use ipc_core::{
    Exception, ExceptionKind, Interface, Result,
    interface::{Method, Params, Proxy, Results},
    transport::{IncomingCall, Pending, Remote},
    value::{Args, Fault, FieldWriter},
};

use super::{
    node::{Exported, Node},
    read::TakeFields,
    write::PutFields,
};

/// An exported object.
pub(crate) trait Face: Send + Sync {
    fn dispatch(&self, interface: u64, ordinal: u16, args: Vec<Node>) -> Reply;
    fn upcast(&self, to: TypeId) -> Option<Box<dyn Any>>;
}

struct Object<I: ?Sized>(Arc<I>);

impl<I: Interface + ?Sized> Face for Object<I> {
    fn dispatch(&self, interface: u64, ordinal: u16, args: Vec<Node>) -> Reply {
        I::dispatch(self.0.clone(), interface, ordinal, Incoming { interface, ordinal, args })
    }

    fn upcast(&self, to: TypeId) -> Option<Box<dyn Any>> {
        I::upcast(self.0.clone(), to)
    }
}

/// The faces behind proxies, by the proxies' addresses.
static IMPORTS: LazyLock<Mutex<HashMap<usize, Weak<dyn Face>>>> = LazyLock::new(Mutex::default);

pub(crate) fn exported<I: Interface + ?Sized>(object: &Arc<I>) -> Exported {
    let imports = IMPORTS.lock().unwrap();
    match imports.get(&Arc::as_ptr(object).addr()).and_then(Weak::upgrade) {
        Some(face) => Exported { face, home: true },
        None => Exported { face: Arc::new(Object(object.clone())), home: false },
    }
}

pub(crate) fn imported<I: Interface + ?Sized>(exported: Exported) -> Arc<I> {
    if exported.home
        && let Some(own) = exported.face.upcast(TypeId::of::<I>())
    {
        return *own.downcast::<Arc<I>>().expect("upcast gives what it was asked for");
    }
    let proxy = Arc::new_cyclic(|proxy: &Weak<Proxy<Loop>>| {
        let at = proxy.as_ptr().addr();
        IMPORTS.lock().unwrap().insert(at, Arc::downgrade(&exported.face));
        Proxy::new(Loop { face: exported.face, at })
    });
    I::proxy(proxy)
}

/// A proxy of the object.
pub(crate) fn export<I: Interface + ?Sized>(object: Arc<I>) -> Arc<I> {
    imported(exported(&object))
}

/// What proxies call through.
pub(crate) struct Loop {
    face: Arc<dyn Face>,
    at: usize,
}

impl Drop for Loop {
    fn drop(&mut self) {
        IMPORTS.lock().unwrap().remove(&self.at);
    }
}

/// A call that was made.
pub(crate) struct Made<T, E>(Result<T, E>, PhantomData<fn() -> T>);

impl<T, E> Pending<T, E> for Made<T, E> {
    fn wait(self) -> Result<T, E> {
        self.0
    }
}

/// What a call came to.
pub(crate) enum Reply {
    Results(Vec<Node>),
    Error(Node),
    Exception(Exception),
    Unknown,
}

impl Remote for Loop {
    type Pending<T: Args, E: Fault> = Made<T, E>;

    fn start<I: Interface + ?Sized, const M: usize, A: Args, T: Args, E: Fault>(
        &self,
        _: Method<I, M>,
        args: A,
    ) -> Made<T, E> {
        Made(call::<I, M, A, T, E>(&*self.face, &args), PhantomData)
    }
}

fn call<I: Interface + ?Sized, const M: usize, A: Args, T: Args, E: Fault>(face: &dyn Face, args: &A) -> Result<T, E> {
    let schema = Method::<I, M>::SCHEMA;
    let args = tree::<Params<I, M>, A>(args)?;
    match face.dispatch(I::ID, schema.ordinal, args) {
        Reply::Results(nodes) => Ok(T::read(&mut TakeFields::<Results<I, M>>::new(nodes))?),
        Reply::Error(node) => {
            assert!(schema.error.is_some(), "a declared error arrives");
            Err(super::decode::<E>(node)?)
        }
        Reply::Exception(exception) => Err(exception.into_remote().into()),
        Reply::Unknown => {
            let unknown = Exception::new(ExceptionKind::Unimplemented, "unknown");
            Err(unknown.in_call(I::SCHEMA.name, schema.name).into())
        }
    }
}

fn tree<S: ipc_core::value::Fields, A: Args>(args: &A) -> Result<Vec<Node>> {
    let mut node = Node::Missing;
    let mut fields = PutFields::<S>::new(&mut node, None);
    args.write(&mut fields)?;
    fields.end()?;
    let Node::Record(nodes) = node else { unreachable!() };
    Ok(nodes)
}

struct Incoming {
    interface: u64,
    ordinal: u16,
    args: Vec<Node>,
}

impl IncomingCall for Incoming {
    type Done = Reply;

    fn answer<I: Interface + ?Sized, const M: usize, A: Args, T: Args, E: Fault>(
        self,
        _: Method<I, M>,
        handler: impl FnOnce(A) -> Result<T, E>,
    ) -> Reply {
        let schema = Method::<I, M>::SCHEMA;
        assert_eq!((I::ID, schema.ordinal), (self.interface, self.ordinal), "the method is the one that was called");
        let args = match A::read(&mut TakeFields::<Params<I, M>>::new(self.args)) {
            Ok(args) => args,
            Err(exception) => return Reply::Exception(exception),
        };
        match handler(args) {
            Ok(results) => match tree::<Results<I, M>, T>(&results) {
                Ok(nodes) => Reply::Results(nodes),
                Err(exception) => Reply::Exception(exception),
            },
            Err(error) => match error.as_exception() {
                Some(exception) => Reply::Exception(exception.clone()),
                None => super::encode(&error).map_or_else(Reply::Exception, Reply::Error),
            },
        }
    }

    fn unknown(self) -> Reply {
        Reply::Unknown
    }
}

/// A proxy of the object as if it were of another interface: what a peer of another version sees.
pub(crate) fn export_as<I: Interface + ?Sized, J: Interface + ?Sized>(object: Arc<I>) -> Arc<J> {
    imported(exported(&object))
}
