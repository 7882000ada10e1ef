//! Own objects, as capnp-rpc sees them: capabilities that it hosts.

use std::{
    cell::RefCell,
    ops::Deref,
    rc::{Rc, Weak},
    sync::Arc,
};

use capnp::{
    any_pointer,
    capability::{Client, DispatchCallResult, FromClientHook, FromServer, Params, Results, Server},
    private::capability::ClientHook,
};
use rustc_hash::FxHashMap;

use super::state::Tables;
use crate::{objects::Export, threads::ThreadPost};

/// What can be hosted.
#[derive(Clone)]
pub(crate) enum Local {
    /// An object of an interface.
    Export(Arc<Export>),
    /// A thread of this process, to run calls on.
    Thread(Arc<ThreadPost>),
    /// What the peer makes threads by.
    ThreadMap,
}

/// The hosted objects, by the address that capnp-rpc knows them by.
#[derive(Default)]
pub(crate) struct Locals(RefCell<FxHashMap<usize, (usize, Local)>>);

impl Local {
    fn address(&self, tables: &Weak<Tables>) -> usize {
        match self {
            Self::Export(export) => Arc::as_ptr(export) as usize,
            Self::Thread(post) => Arc::as_ptr(post) as usize,
            Self::ThreadMap => tables.as_ptr() as usize,
        }
    }
}

impl Locals {
    /// The hosted object that this hook is, or is known to have become.
    pub(crate) fn find(&self, hook: &dyn ClientHook) -> Option<Local> {
        // capnp-rpc gives what it hosts itself the brand 0.
        if hook.get_brand() != 0 {
            return None;
        }
        self.0.borrow().get(&hook.get_ptr()).map(|(_, local)| local.clone())
    }

    /// How many are hosted.
    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }
}

/// A capability for `local`. Those for the same object have the same address, so that they share an export.
pub(crate) fn host(tables: &Rc<Tables>, local: Local) -> Box<dyn ClientHook> {
    let tables = Rc::downgrade(tables);
    let address = local.address(&tables);
    if let Some(tables) = tables.upgrade() {
        tables.locals.0.borrow_mut().entry(address).or_insert((0, local.clone())).0 += 1;
    }
    let client: Untyped = capnp_rpc::new_client(Hosted { local, address, tables });
    client.0.hook
}

struct Hosted {
    local: Local,
    address: usize,
    tables: Weak<Tables>,
}

impl Drop for Hosted {
    fn drop(&mut self) {
        let Some(tables) = self.tables.upgrade() else { return };
        let mut locals = tables.locals.0.borrow_mut();
        let Some(entry) = locals.get_mut(&self.address) else { return };
        entry.0 -= 1;
        if entry.0 > 0 {
            return;
        }
        let Some((_, local)) = locals.remove(&self.address) else { return };
        // What was hosted is dropped outside: that may run user code.
        let mut effects = tables.effects.borrow_mut();
        match local {
            Local::Export(export) => effects.dropped.push(export),
            // One of the pool serves on: it was hosted for a call back that it made.
            Local::Thread(post) if post.is_worker() && !tables.is_of_pool(&post) => effects.ended.push(post),
            Local::Thread(_) | Local::ThreadMap => {}
        }
    }
}

#[derive(Clone)]
struct Dispatch(Rc<Hosted>);

impl Deref for Dispatch {
    type Target = Hosted;

    fn deref(&self) -> &Hosted {
        &self.0
    }
}

impl Server for Dispatch {
    fn dispatch_call(
        self,
        interface: u64,
        ordinal: u16,
        params: Params<any_pointer::Owned>,
        results: Results<any_pointer::Owned>,
    ) -> DispatchCallResult {
        let promise = match self.tables.upgrade() {
            Some(tables) => super::serve::dispatch(&tables, &self.local, interface, ordinal, params, results),
            None => capnp::capability::Promise::err(capnp::Error::disconnected("the connection ended".into())),
        };
        DispatchCallResult::new(promise, false)
    }

    fn as_ptr(&self) -> usize {
        self.address
    }
}

/// A client of no particular interface.
struct Untyped(Client);

impl FromClientHook for Untyped {
    fn new(hook: Box<dyn ClientHook>) -> Self {
        Self(Client::new(hook))
    }

    fn into_client_hook(self) -> Box<dyn ClientHook> {
        self.0.hook
    }

    fn as_client_hook(&self) -> &dyn ClientHook {
        self.0.hook.as_ref()
    }
}

impl FromServer<Hosted> for Untyped {
    type Dispatch = Dispatch;

    fn from_server(server: Rc<Hosted>) -> Dispatch {
        Dispatch(server)
    }
}
