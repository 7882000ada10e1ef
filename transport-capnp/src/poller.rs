//! The process's one background poller: it reads connections that no thread reads, and flushes what waits for too long.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use ipc_core::{Exception, ExceptionKind, Result};
use polling::{Event, Events, Poller};

use crate::connection::Connection;

mod registration;

/// What the poller watches a connection for, once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interest {
    pub(crate) read: bool,
    pub(crate) write: bool,
}

/// How long a release, or the end of a call, may wait for a message to go with.
pub(crate) const TICK: Duration = Duration::from_millis(5);

struct Shared {
    poller: Poller,
    connections: Mutex<HashMap<usize, Weak<Connection>>>,
    /// Connections that have something to flush at the next tick.
    dirty: Mutex<Vec<Weak<Connection>>>,
    ticking: AtomicBool,
}

static SHARED: OnceLock<Shared> = OnceLock::new();

/// Adds a connection, and watches for what its peer sends.
///
/// # Errors
///
/// `Overloaded` if the operating system gives no poller, thread or registration.
pub(crate) fn add(connection: &Arc<Connection>) -> Result<()> {
    let shared = start().map_err(refused)?;
    let key = key(connection);
    lock(&shared.connections).insert(key, Arc::downgrade(connection));
    if let Err(error) = registration::add(&shared.poller, connection.stream(), key) {
        lock(&shared.connections).remove(&key);
        return Err(refused(error));
    }
    connection.watch_for_end();
    Ok(())
}

fn refused(error: io::Error) -> Exception {
    Exception::new(ExceptionKind::Overloaded, format!("cannot watch a connection: {error}")).with_source(error)
}

/// Removes a connection.
pub(crate) fn remove(connection: &Connection) {
    let Some(shared) = SHARED.get() else { return };
    if lock(&shared.connections).remove(&key(connection)).is_some() {
        let _ = registration::remove(&shared.poller, connection.stream());
    }
}

/// Watches a connection for this, once; for nothing, not at all.
pub(crate) fn watch(connection: &Connection, interest: Interest) {
    let Some(shared) = SHARED.get() else { return };
    let event = Event::new(key(connection), interest.read, interest.write);
    // It fails only for a connection that was removed: then there is nothing to watch.
    let _ = shared.poller.modify(connection.stream(), event);
}

/// Has a connection flush at the next tick.
pub(crate) fn flush_soon(connection: Weak<Connection>) {
    let Some(shared) = SHARED.get() else { return };
    lock(&shared.dirty).push(connection);
    if !shared.ticking.swap(true, Ordering::AcqRel) {
        let _ = shared.poller.notify();
    }
}

/// Whether there is only one connection to watch.
pub(crate) fn is_alone() -> bool {
    SHARED.get().is_some_and(|shared| lock(&shared.connections).len() == 1)
}

/// Whether this is the poller's thread, which may not wait for anybody.
pub(crate) fn is_current_thread() -> bool {
    thread::current().name() == Some(THREAD_NAME)
}

const THREAD_NAME: &str = "ipc-poller";

fn start() -> io::Result<&'static Shared> {
    static STARTING: Mutex<()> = Mutex::new(());
    let _one = lock(&STARTING);
    if let Some(shared) = SHARED.get() {
        return Ok(shared);
    }
    let poller = Poller::new()?;
    let shared = SHARED.get_or_init(|| Shared {
        poller,
        connections: Mutex::default(),
        dirty: Mutex::default(),
        ticking: AtomicBool::new(false),
    });
    thread::Builder::new().name(THREAD_NAME.into()).spawn(move || run(shared))?;
    Ok(shared)
}

fn run(shared: &'static Shared) {
    let mut events = Events::new();
    let mut ticked = Instant::now();
    loop {
        events.clear();
        let timeout = shared.ticking.load(Ordering::Acquire).then_some(TICK);
        match shared.poller.wait(&mut events, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                tracing::error!(target: "ipc", %error, "the poller failed");
                return;
            }
            _ => {}
        }
        for event in events.iter() {
            let connection = lock(&shared.connections).get(&event.key).and_then(Weak::upgrade);
            if let Some(connection) = connection {
                connection.polled(event.readable, event.writable);
            }
        }
        if timeout.is_some() && ticked.elapsed() >= TICK {
            tick(shared);
            ticked = Instant::now();
        }
    }
}

fn tick(shared: &Shared) {
    let dirty = std::mem::take(&mut *lock(&shared.dirty));
    if dirty.is_empty() {
        shared.ticking.store(false, Ordering::Release);
        // Somebody may have come between the two.
        if !lock(&shared.dirty).is_empty() {
            shared.ticking.store(true, Ordering::Release);
        }
    }
    for connection in dirty.iter().filter_map(Weak::upgrade) {
        connection.tick();
    }
}

fn key(connection: &Connection) -> usize {
    connection.number() as usize
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
