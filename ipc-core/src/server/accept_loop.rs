//! A thread that accepts.

use std::{
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    thread::{self, JoinHandle},
};

use super::{Slot, Slots};
use crate::{
    Address, Exception, ExceptionKind, Result,
    socket::{Closer, Listener, Stream},
};

/// Accepts streams on a thread of its own until it is stopped.
///
/// For transport authors: the callback runs on that thread, so it hands the stream on and returns. It keeps the [`Slot`]
/// with the connection and drops it with the connection's last resource; until then the slot counts against the maximum.
/// Past that, peers wait in the listener's backlog. A panic of the callback costs its stream only.
///
/// Dropping the loop stops it.
#[derive(Debug)]
pub struct AcceptLoop {
    address: Address,
    closer: Closer,
    slots: Slots,
    thread: Option<JoinHandle<Result<()>>>,
}

impl AcceptLoop {
    /// Starts to accept, at most `most` connections at a time.
    ///
    /// # Errors
    /// `Overloaded`, if there can be no other thread.
    pub fn start(
        listener: Listener,
        most: NonZeroUsize,
        serve: impl FnMut(Stream, Slot) + Send + 'static,
    ) -> Result<Self> {
        let (address, closer, slots) = (listener.address().clone(), listener.closer(), Slots::new(most));
        let thread = thread::Builder::new()
            .name("ipc-accept".into())
            .spawn({
                let slots = slots.clone();
                move || run(&listener, &slots, serve)
            })
            .map_err(|e| {
                Exception::new(ExceptionKind::Overloaded, format!("no thread to accept on: {e}")).with_source(e)
            })?;
        Ok(Self { address, closer, slots, thread: Some(thread) })
    }

    /// Where the listener listens, see [`Listener::address`].
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The connections' places: how many there are, and when there are none any more.
    pub fn slots(&self) -> &Slots {
        &self.slots
    }

    /// Stops accepting, and waits until the thread has ended and the listener is gone. The connections live on.
    ///
    /// # Errors
    /// What ended the loop before.
    pub fn stop(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        self.closer.close();
        self.slots.close();
        match self.thread.take() {
            // The callback may own the last handle to its own loop, which then ends after the callback returns.
            Some(thread) if thread.thread().id() != thread::current().id() => {
                thread.join().unwrap_or_else(|_| Err(Exception::new(ExceptionKind::Remote, "the accept loop panicked")))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for AcceptLoop {
    fn drop(&mut self) {
        // An error was reported when it came up.
        let _ = self.end();
    }
}

fn run(listener: &Listener, slots: &Slots, mut serve: impl FnMut(Stream, Slot)) -> Result<()> {
    // A place is taken for a connection only, not for the next one that may come; nobody is accepted before there is one.
    while slots.wait_free() {
        let stream = match listener.accept() {
            Ok(stream) => stream,
            Err(e) if e.kind() == ExceptionKind::Cancelled => break,
            Err(error) => {
                tracing::error!(target: "ipc", listener = %listener.address(), %error, "no longer accepts");
                return Err(error);
            }
        };
        let Some(slot) = slots.take() else { break };
        tracing::debug!(target: "ipc", listener = %listener.address(), peer = %stream.peer(), "accepted");
        if catch_unwind(AssertUnwindSafe(|| serve(stream, slot))).is_err() {
            tracing::error!(target: "ipc", listener = %listener.address(), "the handler of a new connection panicked");
        }
    }
    Ok(())
}
