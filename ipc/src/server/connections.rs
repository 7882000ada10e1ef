//! The connections of a server.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use ipc_core::{Connection, Result, Slot, transport::StillRunning};

/// Keeps each connection open until it is lost or closed.
#[derive(Debug, Default)]
pub(super) struct Connections {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    live: BTreeMap<u64, Connection>,
}

impl Connections {
    /// Keeps a connection, and its slot, until its end.
    pub(super) fn add(self: &Arc<Self>, connection: Connection, slot: Slot) {
        let number = {
            let mut state = self.state();
            let number = state.next;
            state.next += 1;
            state.live.insert(number, connection.clone());
            number
        };
        // Weak: the connection would keep itself alive otherwise. After the insertion: it may be lost already.
        let connections = Arc::downgrade(self);
        connection.on_disconnect(move |_| {
            let removed = connections.upgrade().and_then(|connections| connections.state().live.remove(&number));
            drop(removed);
            drop(slot);
        });
    }

    pub(super) fn all(&self) -> Vec<Connection> {
        self.state().live.values().cloned().collect()
    }

    /// Closes all, each on a thread of its own: the grace time is one for all.
    pub(super) fn close(&self, grace: Duration) -> Result<(), StillRunning> {
        let connections = self.all();
        let threads: Vec<String> = thread::scope(|scope| {
            let closing: Vec<_> = connections.iter().map(|connection| close(scope, connection, grace)).collect();
            closing.into_iter().flat_map(Closing::still_running).collect()
        });
        if threads.is_empty() { Ok(()) } else { Err(StillRunning { threads }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Closing<'scope> {
    Begun(thread::ScopedJoinHandle<'scope, Result<(), StillRunning>>),
    Done(Result<(), StillRunning>),
}

fn close<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    connection: &'scope Connection,
    grace: Duration,
) -> Closing<'scope> {
    let closer = thread::Builder::new().name("ipc-close".into());
    match closer.spawn_scoped(scope, move || connection.close(grace)) {
        Ok(thread) => Closing::Begun(thread),
        // No thread to be had: one after the other, then.
        Err(_) => Closing::Done(connection.close(grace)),
    }
}

impl Closing<'_> {
    fn still_running(self) -> Vec<String> {
        let result = match self {
            // A panic is the transport's, and was printed.
            Self::Begun(thread) => thread.join().unwrap_or(Ok(())),
            Self::Done(result) => result,
        };
        result.err().map(|running| running.threads).unwrap_or_default()
    }
}
