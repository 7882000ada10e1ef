//! The threads that a client makes. None of them exists; what counts is which call names which.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use bitcoin_capnp_types::{
    capnp::{Error, capability::get_resolved_cap},
    capnp_rpc::CapabilityServerSet,
    proxy_capnp::{context, thread, thread_map},
};
use tokio::sync::watch;

use super::{Journal, Shared};

type Result<T> = std::result::Result<T, Error>;

/// The threads of a connection.
pub(super) struct Threads {
    made: RefCell<CapabilityServerSet<Thread, thread::Client>>,
    /// How many calls that name a thread have come.
    arrived: watch::Sender<u64>,
    journal: Journal,
}

struct Thread {
    name: String,
    busy: Cell<bool>,
    journal: Journal,
}

/// What makes threads.
pub(super) struct ThreadMap(pub(super) Rc<Shared>);

/// A call on its thread, until it is dropped.
pub(super) struct Running(Rc<Thread>);

impl Threads {
    pub(super) fn new(journal: Journal) -> Self {
        Self { made: RefCell::new(CapabilityServerSet::new()), arrived: watch::Sender::new(0), journal }
    }

    /// Begins a call of a method that has a context.
    pub(super) async fn enter(&self, method: &'static str, context: Result<context::Reader<'_>>) -> Result<Running> {
        let context = context?;
        let (thread, waiting) = (context.get_thread()?, context.get_callback_thread()?);
        self.arrived.send_modify(|arrived| *arrived += 1);
        // It may be the answer to a call that is not answered yet.
        let thread: thread::Client = get_resolved_cap(thread).await;
        let thread = self.made.borrow().get_local_server_of_resolved(&thread);
        let thread = thread.ok_or_else(|| Error::failed("invalid thread handle".into()))?;
        if thread.busy.replace(true) {
            self.journal.note(|seen| seen.overlapping += 1);
            return Err(Error::failed("thread busy".into()));
        }
        let running = Running(thread);
        let waiting = waiting.get_name_request().send().promise.await?;
        let waiting = waiting.get()?.get_result()?.to_string()?;
        let name = running.0.name.clone();
        self.journal.note(|seen| seen.calls.push((method, name, waiting)));
        Ok(running)
    }
}

impl thread_map::Server for ThreadMap {
    /// Answers when the call has come that names the thread: a client that waited for the answer would wait for ever.
    async fn make_thread(
        self: Rc<Self>,
        params: thread_map::MakeThreadParams,
        mut results: thread_map::MakeThreadResults,
    ) -> Result<()> {
        let threads = &self.0.threads;
        let name = params.get()?.get_name()?.to_string()?;
        threads.journal.note(|seen| seen.made.push(name.clone()));
        let mut arrived = threads.arrived.subscribe();
        let before = *arrived.borrow_and_update();
        arrived.wait_for(|now| *now > before).await.map_err(|error| Error::failed(error.to_string()))?;
        let thread = Thread { name, busy: Cell::new(false), journal: threads.journal.clone() };
        results.get().set_result(threads.made.borrow_mut().new_client(thread));
        Ok(())
    }
}

impl thread::Server for Thread {
    async fn get_name(self: Rc<Self>, _: thread::GetNameParams, mut results: thread::GetNameResults) -> Result<()> {
        results.get().set_result(&*self.name);
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.busy.set(false);
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        self.journal.note(|seen| seen.ended.push(name));
    }
}
