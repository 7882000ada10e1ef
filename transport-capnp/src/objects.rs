//! Objects that cross: identity by address, faces, and what a proxy holds on to.

use std::{
    any::TypeId,
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

use ipc_core::{
    Exception, ExceptionKind, Interface, Result,
    interface::{InterfaceSchema, Proxy},
};

use crate::{
    cell::{CapOut, ImportKey},
    connection::Connection,
    mp,
    remote::RemoteRef,
    serve::IncomingCapnp,
};

/// An own object that the peer holds, or is about to hold. One per object, whatever interfaces it went out as.
pub(crate) struct Export {
    address: usize,
    faces: Mutex<Vec<Arc<dyn Face>>>,
    registry: Weak<Registry>,
}

/// An object as one of its interfaces.
pub(crate) trait Face: Send + Sync {
    fn schema(&self) -> &'static InterfaceSchema;
    fn dispatch(&self, interface: u64, ordinal: u16, call: IncomingCapnp);
    fn upcast(&self, to: TypeId) -> Option<Box<dyn std::any::Any>>;
}

struct Typed<I: ?Sized>(Arc<I>);

impl<I: Interface + ?Sized> Face for Typed<I> {
    fn schema(&self) -> &'static InterfaceSchema {
        I::SCHEMA
    }

    fn dispatch(&self, interface: u64, ordinal: u16, call: IncomingCapnp) {
        I::dispatch(self.0.clone(), interface, ordinal, call);
    }

    fn upcast(&self, to: TypeId) -> Option<Box<dyn std::any::Any>> {
        I::upcast(self.0.clone(), to)
    }
}

/// What a call is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calling {
    /// The hand-shake.
    Construct,
    /// A method; whether it carries a context.
    Method { context: bool },
}

impl Export {
    /// What method `ordinal` of `interface` is, if the object has it.
    pub(crate) fn calling(&self, interface: u64, ordinal: u16) -> Option<Calling> {
        let faces = self.faces();
        let schema = faces.iter().find_map(|face| face.schema().find(interface))?;
        if schema.bootstrap && ordinal == mp::CONSTRUCT {
            return Some(Calling::Construct);
        }
        if schema.destroy == Some(ordinal) {
            return Some(Calling::Method { context: true });
        }
        schema.method(ordinal).map(|method| Calling::Method { context: method.context })
    }

    /// The face that has this interface.
    pub(crate) fn face(&self, interface: u64) -> Option<Arc<dyn Face>> {
        self.faces().iter().find(|face| face.schema().extends(interface)).cloned()
    }

    /// Whether the peer has had it destroyed.
    pub(crate) fn is_destroyed(&self) -> bool {
        self.faces().is_empty()
    }

    /// Lets go of the object, here and now.
    pub(crate) fn destroy(&self) {
        self.forget();
        let faces = std::mem::take(&mut *self.faces());
        drop(faces);
    }

    /// The object as an `I`.
    fn object<I: Interface + ?Sized>(&self) -> Option<Arc<I>> {
        let faces = self.faces().clone();
        let object = faces.iter().find_map(|face| face.upcast(TypeId::of::<I>()))?;
        object.downcast::<Arc<I>>().ok().map(|object| *object)
    }

    fn forget(&self) {
        let Some(registry) = self.registry.upgrade() else { return };
        let mut tables = registry.lock();
        if tables.exports.get(&self.address).is_some_and(|known| std::ptr::eq(known.as_ptr(), self)) {
            tables.exports.remove(&self.address);
        }
    }

    fn faces(&self) -> MutexGuard<'_, Vec<Arc<dyn Face>>> {
        self.faces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        // Before the object: its address may be another's as soon as it is gone.
        self.forget();
    }
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.faces().iter().map(|face| face.schema().name).collect();
        f.debug_struct("Export").field("faces", &names).finish_non_exhaustive()
    }
}

/// A share in an import: an object of the peer that this side holds. It is released when this is dropped.
pub(crate) struct ImportToken {
    key: ImportKey,
    released: Arc<Released>,
}

/// Imports that are to be released: at the poller's next tick, or when there are many. An object that comes again before
/// that, as the caller's thread does with each call, is known still, and costs no message.
#[derive(Default)]
pub(crate) struct Released {
    keys: Mutex<Vec<ImportKey>>,
    /// How many they are, for who only looks.
    count: AtomicUsize,
    connection: OnceLock<Weak<Connection>>,
}

impl Released {
    pub(crate) fn set_connection(&self, connection: &Arc<Connection>) {
        let _ = self.connection.set(Arc::downgrade(connection));
    }

    /// What is to be released, at least `least`; otherwise nothing.
    pub(crate) fn take(&self, least: usize) -> Vec<ImportKey> {
        if self.count.load(Ordering::Acquire) < least {
            return Vec::new();
        }
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        self.count.store(0, Ordering::Release);
        std::mem::take(&mut *keys)
    }
}

impl ImportToken {
    /// Takes over the count that `key` came with.
    pub(crate) fn new(key: ImportKey, released: &Arc<Released>) -> Self {
        Self { key, released: released.clone() }
    }

    pub(crate) fn key(&self) -> ImportKey {
        self.key
    }
}

impl Drop for ImportToken {
    fn drop(&mut self) {
        let released = &self.released;
        let mut keys = released.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.push(self.key);
        let count = keys.len();
        released.count.store(count, Ordering::Release);
        drop(keys);
        // With the first the tick is asked for that takes them all.
        if count == 1
            && let Some(connection) = released.connection.get().and_then(Weak::upgrade)
        {
            connection.mark_dirty();
        }
    }
}

impl fmt::Debug for ImportToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImportToken({})", self.key)
    }
}

/// Who is who on a connection.
#[derive(Default)]
pub(crate) struct Registry {
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    /// Own objects by address.
    exports: HashMap<usize, Weak<Export>>,
    /// Proxies of this connection by address: what goes home.
    proxies: HashMap<usize, Weak<ImportToken>>,
    /// Live proxies by import.
    imports: HashMap<ImportKey, Weak<Proxy<RemoteRef>>>,
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The export of an object, with a face for `I`.
    ///
    /// # Errors
    ///
    /// `Overloaded` past `limit` exports.
    pub(crate) fn export<I: Interface + ?Sized>(
        self: &Arc<Self>,
        object: &Arc<I>,
        limit: usize,
    ) -> Result<Arc<Export>> {
        let address = Arc::as_ptr(object).cast::<()>() as usize;
        let mut tables = self.lock();
        if I::SCHEMA.destroy().is_some() {
            // Each pass is one of its own: a peer that makes a proxy for each, as libmultiprocess does, destroys each.
            drop(tables);
            let faces: Vec<Arc<dyn Face>> = vec![Arc::new(Typed(object.clone()))];
            return Ok(Arc::new(Export { address, faces: Mutex::new(faces), registry: Arc::downgrade(self) }));
        }
        let export = match tables.exports.get(&address).and_then(Weak::upgrade) {
            Some(export) => export,
            None => {
                if tables.exports.len() >= limit {
                    let message = format!("the peer holds {limit} objects of this process already");
                    return Err(Exception::new(ExceptionKind::Overloaded, message));
                }
                let export = Arc::new(Export { address, faces: Mutex::default(), registry: Arc::downgrade(self) });
                tables.exports.insert(address, Arc::downgrade(&export));
                export
            }
        };
        drop(tables);
        let mut faces = export.faces();
        if !faces.iter().any(|face| face.schema().id == I::ID) {
            faces.push(Arc::new(Typed(object.clone())));
        }
        drop(faces);
        Ok(export)
    }

    /// What goes out for an object: its import if it is a proxy of this connection, else its export.
    ///
    /// # Errors
    ///
    /// As [`export`](Self::export).
    pub(crate) fn put<I: Interface + ?Sized>(self: &Arc<Self>, object: &Arc<I>, limit: usize) -> Result<CapOut> {
        let address = Arc::as_ptr(object).cast::<()>() as usize;
        let token = self.lock().proxies.get(&address).and_then(Weak::upgrade);
        match token {
            Some(token) => Ok(CapOut::Peer(token)),
            None => self.export(object, limit).map(CapOut::Own),
        }
    }

    /// An own object that came home.
    ///
    /// # Errors
    ///
    /// `Protocol` if it is no `I`.
    pub(crate) fn own<I: Interface + ?Sized>(&self, export: &Export) -> Result<Arc<I>> {
        export.object::<I>().ok_or_else(|| {
            let message = format!("expected an object of interface {}, got {export:?}", I::SCHEMA.name);
            Exception::new(ExceptionKind::Protocol, message)
        })
    }

    /// The proxy for an object of the peer: the one there is, or a new one.
    pub(crate) fn proxy<I: Interface + ?Sized>(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        token: Arc<ImportToken>,
    ) -> Arc<I> {
        let new = Arc::new(Proxy::new(RemoteRef::new(connection, token.clone(), self.clone())));
        if I::CLOSURE {
            // A closure is its own `Arc` around the proxy, so it needs one of its own.
            let object = I::proxy(new.clone());
            let address = Arc::as_ptr(&object).cast::<()>() as usize;
            new.remote().introduce(I::schema(), address);
            self.lock().proxies.insert(address, Arc::downgrade(&token));
            return object;
        }
        let mut tables = self.lock();
        let known = tables.imports.get(&token.key()).and_then(Weak::upgrade);
        let proxy = known.unwrap_or_else(|| {
            let address = Arc::as_ptr(&new).cast::<()>() as usize;
            new.remote().introduce(I::schema(), address);
            tables.imports.insert(token.key(), Arc::downgrade(&new));
            tables.proxies.insert(address, Arc::downgrade(&token));
            new.clone()
        });
        drop(tables);
        proxy.remote().introduce(I::schema(), 0);
        // One that was not needed goes here, outside of the lock.
        drop(new);
        I::proxy(proxy)
    }

    /// Forgets a proxy that is being dropped, before its memory is.
    pub(crate) fn forget_proxy(&self, address: usize, token: &Arc<ImportToken>) {
        let mut tables = self.lock();
        if tables.proxies.get(&address).is_some_and(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(token))) {
            tables.proxies.remove(&address);
        }
        if tables.imports.get(&token.key()).is_some_and(|proxy| proxy.strong_count() == 0) {
            tables.imports.remove(&token.key());
        }
    }

    /// How many objects of this process the peer holds.
    pub(crate) fn exports(&self) -> usize {
        self.lock().exports.len()
    }
}
