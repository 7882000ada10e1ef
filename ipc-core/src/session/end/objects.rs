//! Objects that cross: identity by address, faces, and what a proxy holds on to.

use std::{
    any::{Any, TypeId},
    cell::RefCell,
    collections::HashMap,
    fmt, iter,
    sync::{Arc, OnceLock, PoisonError, Weak},
};

use rustc_hash::FxHashMap;

use super::{End, Handles, remote::RemoteRef, serve::Incoming};
use crate::{
    exception::{Exception, ExceptionKind, Result},
    interface::{Interface, InterfaceSchema, Proxy},
    session::{
        codec::{Codec, ObjectSink, ObjectSource},
        frame::ObjectId,
        state::Passed,
    },
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};

/// An own object that the peer holds, or is about to hold. One per object, whatever interfaces it went out as.
pub(crate) struct Export<C: Codec> {
    address: usize,
    first: Box<dyn Face<C>>,
    more: OnceLock<Box<More<C>>>,
    registry: Weak<Registry<C>>,
}

/// A further face. They are only ever added, so that none has to be locked to be looked at.
struct More<C: Codec> {
    face: Box<dyn Face<C>>,
    next: OnceLock<Box<Self>>,
}

/// An object as one of its interfaces.
pub(super) trait Face<C: Codec>: Send + Sync {
    fn schema(&self) -> &'static InterfaceSchema;
    fn dispatch(&self, interface: u64, ordinal: u16, call: Incoming<'_, C>);
    fn upcast(&self, to: TypeId) -> Option<Box<dyn Any>>;
}

struct Typed<I: ?Sized>(Arc<I>);

impl<I: Interface + ?Sized, C: Codec> Face<C> for Typed<I> {
    fn schema(&self) -> &'static InterfaceSchema {
        I::SCHEMA
    }

    fn dispatch(&self, interface: u64, ordinal: u16, call: Incoming<'_, C>) {
        I::dispatch(self.0.clone(), interface, ordinal, call);
    }

    fn upcast(&self, to: TypeId) -> Option<Box<dyn Any>> {
        I::upcast(self.0.clone(), to)
    }
}

impl<C: Codec> Export<C> {
    pub(super) fn address(&self) -> usize {
        self.address
    }

    /// The face that has this interface.
    pub(super) fn face(&self, interface: u64) -> Option<&dyn Face<C>> {
        self.faces().find(|face| face.schema().extends(interface))
    }

    /// The object as an `I`.
    fn object<I: Interface + ?Sized>(&self) -> Option<Arc<I>> {
        let object = self.faces().find_map(|face| face.upcast(TypeId::of::<I>()))?;
        object.downcast::<Arc<I>>().ok().map(|object| *object)
    }

    fn faces(&self) -> impl Iterator<Item = &dyn Face<C>> {
        let more = iter::successors(self.more.get(), |more| more.next.get());
        iter::once(&self.first).chain(more.map(|more| &more.face)).map(|face| &**face)
    }

    /// Has the object be an `I` too.
    fn add_face<I: Interface + ?Sized>(&self, object: &Arc<I>) {
        let is_known = |face: &dyn Face<C>| face.schema().id == I::ID;
        if is_known(&*self.first) {
            return;
        }
        let mut place = &self.more;
        loop {
            let new = || Box::new(More { face: Box::new(Typed(object.clone())), next: OnceLock::new() });
            let there = place.get_or_init(new);
            if is_known(&*there.face) {
                return;
            }
            place = &there.next;
        }
    }
}

impl<C: Codec> Drop for Export<C> {
    fn drop(&mut self) {
        // Before the object: its address may be another's as soon as it is gone.
        let Some(registry) = self.registry.upgrade() else { return };
        let mut tables = registry.lock();
        if tables.exports.get(&self.address).is_some_and(|known| std::ptr::eq(known.as_ptr(), self)) {
            tables.exports.remove(&self.address);
        }
    }
}

impl<C: Codec> fmt::Debug for Export<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.faces().map(|face| face.schema().name).collect();
        f.debug_struct("Export").field("faces", &names).finish_non_exhaustive()
    }
}

/// A share in an object of the peer's, dropped once.
pub(super) struct ImportToken<C: Codec> {
    id: ObjectId,
    end: Arc<End<C>>,
    spent: AtomicBool,
}

impl<C: Codec> ImportToken<C> {
    pub(super) fn new(id: ObjectId, end: &Arc<End<C>>) -> Self {
        Self { id, end: end.clone(), spent: AtomicBool::new(false) }
    }

    pub(super) fn id(&self) -> ObjectId {
        self.id
    }

    pub(super) fn end(&self) -> &Arc<End<C>> {
        &self.end
    }

    /// The share is given back in another way. Tells whether it was there still.
    pub(super) fn spend(&self) -> bool {
        !self.spent.swap(true, Ordering::AcqRel)
    }
}

impl<C: Codec> Drop for ImportToken<C> {
    fn drop(&mut self) {
        if self.spend() {
            let id = self.id;
            self.end.enter(|state| state.drop_share(id));
        }
    }
}

/// Who is who on a connection.
pub(super) struct Registry<C: Codec> {
    tables: Mutex<Tables<C>>,
}

struct Tables<C: Codec> {
    /// Own objects by address.
    exports: FxHashMap<usize, Weak<Export<C>>>,
    /// Proxies of this connection by address: what goes home.
    proxies: FxHashMap<usize, Weak<ImportToken<C>>>,
    /// Live proxies by object.
    imports: HashMap<ObjectId, Weak<Proxy<RemoteRef<C>>>>,
}

impl<C: Codec> Default for Registry<C> {
    fn default() -> Self {
        let tables = Tables { exports: FxHashMap::default(), proxies: FxHashMap::default(), imports: HashMap::new() };
        Self { tables: Mutex::new(tables) }
    }
}

impl<C: Codec> Registry<C> {
    fn lock(&self) -> MutexGuard<'_, Tables<C>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The export of an object, with a face for `I`.
    pub(super) fn export<I: Interface + ?Sized>(self: &Arc<Self>, object: &Arc<I>) -> Arc<Export<C>> {
        let address = Arc::as_ptr(object).cast::<()>() as usize;
        let mut tables = self.lock();
        let export = tables.exports.get(&address).and_then(Weak::upgrade).unwrap_or_else(|| {
            let first = Box::new(Typed(object.clone()));
            let export = Arc::new(Export { address, first, more: OnceLock::new(), registry: Arc::downgrade(self) });
            tables.exports.insert(address, Arc::downgrade(&export));
            export
        });
        drop(tables);
        export.add_face(object);
        export
    }

    /// What goes out for an object: the peer's own if it is a proxy of this connection, else its export.
    fn put<I: Interface + ?Sized>(self: &Arc<Self>, object: &Arc<I>) -> Cap<C> {
        let address = Arc::as_ptr(object).cast::<()>() as usize;
        let token = self.lock().proxies.get(&address).and_then(Weak::upgrade);
        match token {
            Some(token) => Cap::Peer(token),
            None => Cap::Own(self.export(object)),
        }
    }

    /// The proxy for an object of the peer: the one there is, or a new one.
    pub(super) fn proxy<I: Interface + ?Sized>(self: &Arc<Self>, token: Arc<ImportToken<C>>) -> Arc<I> {
        let new = Arc::new(Proxy::new(RemoteRef::new(token.clone(), self.clone())));
        if I::CLOSURE {
            // A closure is its own `Arc` around the proxy, so it needs one of its own.
            let object = I::proxy(new.clone());
            let address = Arc::as_ptr(&object).cast::<()>() as usize;
            new.remote().introduce(I::schema(), address);
            self.lock().proxies.insert(address, Arc::downgrade(&token));
            return object;
        }
        let mut tables = self.lock();
        let known = tables.imports.get(&token.id()).and_then(Weak::upgrade);
        let proxy = known.unwrap_or_else(|| {
            let address = Arc::as_ptr(&new).cast::<()>() as usize;
            new.remote().introduce(I::schema(), address);
            tables.imports.insert(token.id(), Arc::downgrade(&new));
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
    pub(super) fn forget_proxy(&self, address: usize, token: &Arc<ImportToken<C>>) {
        let mut tables = self.lock();
        if tables.proxies.get(&address).is_some_and(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(token))) {
            tables.proxies.remove(&address);
        }
        if tables.imports.get(&token.id()).is_some_and(|proxy| proxy.strong_count() == 0) {
            tables.imports.remove(&token.id());
        }
    }
}

/// An object of a message.
pub(super) enum Cap<C: Codec> {
    Own(Arc<Export<C>>),
    Peer(Arc<ImportToken<C>>),
}

impl<C: Codec> Clone for Cap<C> {
    fn clone(&self) -> Self {
        match self {
            Self::Own(export) => Self::Own(export.clone()),
            Self::Peer(token) => Self::Peer(token.clone()),
        }
    }
}

/// The objects of a message that goes out.
pub(super) struct Outgoing<'a, C: Codec> {
    registry: &'a Arc<Registry<C>>,
    caps: RefCell<Vec<Cap<C>>>,
}

impl<'a, C: Codec> Outgoing<'a, C> {
    pub(super) fn new(end: &'a End<C>) -> Self {
        Self { registry: end.registry(), caps: RefCell::default() }
    }

    /// As the machine has them. What is given is to be kept until it has.
    pub(super) fn passed(&self) -> Vec<Passed<Arc<Export<C>>>> {
        let caps = self.caps.borrow();
        if caps.is_empty() {
            return Vec::new();
        }
        caps.iter()
            .map(|cap| match cap {
                Cap::Own(export) => Passed::Own(export.clone()),
                Cap::Peer(token) => Passed::Peer(token.id()),
            })
            .collect()
    }
}

impl<C: Codec> ObjectSink for Outgoing<'_, C> {
    fn put<I: Interface + ?Sized>(&self, object: &Arc<I>) -> Result<u32> {
        let cap = self.registry.put(object);
        let mut caps = self.caps.borrow_mut();
        caps.push(cap);
        Ok((caps.len() - 1) as u32)
    }
}

/// The objects of a message that came in. What nobody takes is let go of.
pub(super) struct Received<'a, C: Codec> {
    registry: &'a Arc<Registry<C>>,
    caps: Vec<Cap<C>>,
}

impl<'a, C: Codec> Received<'a, C> {
    pub(super) fn new(end: &'a End<C>, caps: Vec<Cap<C>>) -> Self {
        Self { registry: end.registry(), caps }
    }
}

impl<C: Codec> ObjectSource for Received<'_, C> {
    fn take<I: Interface + ?Sized>(&self, index: u32) -> Result<Arc<I>> {
        let expected = |got: &dyn fmt::Display| {
            let message = format!("expected an object of interface {}, got {got}", I::SCHEMA.name);
            Exception::new(ExceptionKind::Protocol, message)
        };
        match self.caps.get(index as usize) {
            Some(Cap::Own(export)) => export.object::<I>().ok_or_else(|| expected(&format_args!("{export:?}"))),
            Some(Cap::Peer(token)) => Ok(self.registry.proxy(token.clone())),
            None => Err(expected(&format_args!("number {index} of {} objects", self.caps.len()))),
        }
    }
}

/// The objects of a message as it came in.
pub(super) fn caps<C: Codec>(end: &Arc<End<C>>, objects: Vec<Passed<Arc<Export<C>>>>) -> Vec<Cap<C>> {
    if objects.is_empty() {
        return Vec::new();
    }
    let cap = |passed| match passed {
        Passed::Own(export) => Cap::Own(export),
        Passed::Peer(id) => Cap::Peer(Arc::new(ImportToken::new(id, end))),
    };
    objects.into_iter().map(cap).collect()
}

/// What the machine has for values.
pub(super) type Values<C> = crate::session::state::Marshalled<Handles<C>>;
