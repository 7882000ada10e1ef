//! Faults of the handle on a connection.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use ipc_core::{
    Connection, Exception, ExceptionKind,
    transport::{Link, StillRunning, Usage},
};

use crate::faults::{At, current};

/// What it does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkFault {
    HandlersUnderALock,
    OneHandlerOnly,
    NoLateHandlers,
    HangsAtClose,
    /// Says that it is closed, and goes on.
    DoesNotClose,
    /// Says of the loss that it was something else.
    TellsAnotherReason,
    ClosesWithoutGrace,
    TellsNoThreads,
}

/// The connection, with the fault if it is one of these.
pub(crate) fn wrapped(connection: Connection) -> Connection {
    let At::Link(fault) = current() else { return connection };
    Connection::new(Arc::new(Wrapped {
        inner: connection,
        fault,
        lock: Arc::default(),
        has_handler: AtomicBool::new(false),
    }))
}

struct Wrapped {
    inner: Connection,
    fault: LinkFault,
    lock: Arc<Mutex<()>>,
    has_handler: AtomicBool,
}

impl Link for Wrapped {
    fn peer(&self) -> String {
        self.inner.peer()
    }

    fn is_connected(&self) -> bool {
        self.inner.is_connected()
    }

    fn on_disconnect(&self, handler: Box<dyn FnOnce(&Exception) + Send>) {
        match self.fault {
            LinkFault::HandlersUnderALock => {
                let lock = self.lock.clone();
                self.inner.on_disconnect(move |why| {
                    let _held = lock.lock().unwrap_or_else(PoisonError::into_inner);
                    handler(why);
                });
            }
            LinkFault::OneHandlerOnly if self.has_handler.swap(true, Ordering::SeqCst) => {}
            LinkFault::NoLateHandlers if !self.inner.is_connected() => {}
            LinkFault::TellsAnotherReason => {
                self.inner.on_disconnect(move |why| handler(&Exception::new(ExceptionKind::Protocol, why.message())));
            }
            _ => self.inner.on_disconnect(handler),
        }
    }

    fn close(&self, grace: Duration) -> Result<(), StillRunning> {
        match self.fault {
            LinkFault::HangsAtClose => loop {
                thread::park();
            },
            LinkFault::DoesNotClose => Ok(()),
            LinkFault::ClosesWithoutGrace => self.inner.close(Duration::ZERO),
            LinkFault::TellsNoThreads => {
                let _ = self.inner.close(grace);
                Ok(())
            }
            _ => self.inner.close(grace),
        }
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }
}
