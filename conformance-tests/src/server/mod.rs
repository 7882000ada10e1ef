//! The server of the conformance interfaces: what a peer serves, and what a case serves that has none.

mod control;
mod events;
mod objects;
mod process;
mod threads;
mod values;

use std::{
    collections::HashMap,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use ipc_core::{Connected, Connection, Exception, ExceptionKind, Result};

pub(crate) use objects::Sum;
pub(crate) use process::process_use;
pub(crate) use threads::this_thread;

use self::events::Events;
use crate::interfaces::{Counter, Lab, Reception, Step};

/// What all connections to a process share.
#[derive(Default)]
pub(crate) struct Server {
    next: AtomicU64,
    live: Arc<AtomicU64>,
    locals: Arc<AtomicU64>,
    events: Arc<Events>,
    objects: Mutex<HashMap<String, Arc<dyn Counter>>>,
    steps: Mutex<HashMap<String, Step>>,
    notes: Mutex<Vec<u64>>,
    counted: AtomicU64,
    links: Mutex<HashMap<u64, Link>>,
    changed: Condvar,
    /// Ends what stands for the server's process, if that is not this one.
    exits: OnceLock<Box<dyn Fn(i32) + Send + Sync>>,
    /// Makes a connection and serves on it, if the server is a process that can.
    serves_at: OnceLock<Box<ServeAt>>,
}

type ServeAt = dyn Fn(&str) -> Result<()> + Send + Sync;

/// What the server knows of a connection.
enum Link {
    Open(Connection),
    /// How often its disconnect handler ran.
    Lost(u64),
}

/// The root object of one connection.
pub(crate) struct Root {
    server: Arc<Server>,
    number: u64,
    itself: Weak<Self>,
}

impl Server {
    /// One that has this instead of a process to exit from.
    #[cfg(feature = "local")]
    pub(crate) fn that_exits(exit: impl Fn(i32) + Send + Sync + 'static) -> Self {
        Self { exits: OnceLock::from(Box::new(exit) as Box<dyn Fn(i32) + Send + Sync>), ..Self::default() }
    }

    /// For a transport that runs calls on the caller's own thread: handlers that block end by themselves once their call has.
    pub(crate) fn end_with_the_calls(&self) {
        self.events.end_with_the_call();
    }

    /// Has it serve also on connections that it makes itself.
    pub(crate) fn set_serve_at(&self, serve_at: impl Fn(&str) -> Result<()> + Send + Sync + 'static) {
        let _ = self.serves_at.set(Box::new(serve_at));
    }

    fn serve_at(&self, address: &str) -> Result<()> {
        match self.serves_at.get() {
            Some(serve_at) => serve_at(address),
            None => Err(Exception::new(ExceptionKind::Unimplemented, "this server makes no connections")),
        }
    }

    /// Gives the root of a further connection, which this side has made, to the side that accepted it.
    pub(crate) fn hand_over(self: &Arc<Self>, made: Connected<dyn Reception>) -> Result<()> {
        let Connected { root: reception, connection } = made;
        let (number, root) = self.root();
        self.add(number, connection.clone());
        reception.meet(root)?;
        // Kept, so that what the other side serves stays the same.
        connection.on_disconnect(move |_| drop(reception));
        Ok(())
    }

    /// Ends the server's process, or what stands for it.
    fn exit(&self, status: i32) {
        match self.exits.get() {
            Some(exit) => exit(status),
            None => std::process::exit(status),
        }
    }

    /// The root object of a further connection, and the number of that.
    pub(crate) fn root(self: &Arc<Self>) -> (u64, Arc<dyn Lab>) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number, Arc::new_cyclic(|itself| Root { server: self.clone(), number, itself: itself.clone() }))
    }

    /// Keeps the connection that the root was given to, until it is lost.
    pub(crate) fn add(self: &Arc<Self>, number: u64, connection: Connection) {
        lock(&self.links).insert(number, Link::Open(connection.clone()));
        self.changed.notify_all();
        let server = Arc::downgrade(self);
        connection.on_disconnect(move |_| {
            if let Some(server) = server.upgrade() {
                server.lost(number);
            }
        });
    }

    /// The connection of that number; `None` after its end.
    fn connection(&self, number: u64) -> Option<Connection> {
        let mut links = lock(&self.links);
        // A call may come before whoever accepted has told of it.
        while !links.contains_key(&number) && number < self.next.load(Ordering::Relaxed) {
            links = self.changed.wait(links).unwrap_or_else(PoisonError::into_inner);
        }
        match links.get(&number) {
            Some(Link::Open(connection)) => Some(connection.clone()),
            _ => None,
        }
    }

    fn lost(&self, number: u64) {
        self.events.lose(number);
        let mut links = lock(&self.links);
        let losses = match links.get(&number) {
            Some(Link::Lost(losses)) => losses + 1,
            _ => 1,
        };
        let former = links.insert(number, Link::Lost(losses));
        drop(links);
        // The last handle may go with it: outside of the lock.
        drop(former);
    }
}

impl Lab for Root {
    fn number(&self) -> Result<u64> {
        Ok(self.number)
    }

    fn root(&self) -> Result<Arc<dyn Lab>> {
        Ok(self.itself.upgrade().expect("it runs a method"))
    }

    fn is_root(&self, root: Arc<dyn Lab>) -> Result<bool> {
        Ok(std::ptr::addr_eq(Arc::as_ptr(&root), self))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A case may have a handler panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
