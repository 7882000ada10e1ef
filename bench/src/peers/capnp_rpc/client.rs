//! The caller's side.

use std::{any::Any, cell::OnceCell, path::Path};

use capnp::message::ReaderOptions;
use capnp_rpc::{RpcSystem, new_client, rpc_twoparty_capnp::Side, twoparty::VatNetwork};
use futures::AsyncReadExt as _;
use ipc_core::{Exception, Result};
use tokio::{net::UnixStream, runtime::Runtime, task::LocalSet};
use tokio_util::compat::TokioAsyncReadCompatExt as _;

use super::{
    values::{read_item, read_twenty, write_twenty},
    work_capnp::{callback, counter, work},
};
use crate::{
    client::{AsyncWork, Client, Round, Tasks, all_of, drive, failed, hold},
    measure::Sample,
    work::{Twenty, received, received_list},
};

/// A connection, on the thread that made it.
pub(super) struct Local {
    remote: Option<Remote>,
    thread: &'static Thread,
}

/// What its thread has for all connections.
struct Thread {
    runtime: Runtime,
    tasks: LocalSet,
}

impl Thread {
    /// This thread's. It is there until the process ends: tokio's own thread-locals go before any of ours.
    fn current() -> Result<&'static Self> {
        thread_local! {
            static CURRENT: OnceCell<&'static Thread> = const { OnceCell::new() };
        }
        CURRENT.with(|current| match current.get() {
            Some(thread) => Ok(*thread),
            None => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
                let thread = Self { runtime, tasks: LocalSet::new() };
                Ok(*current.get_or_init(|| Box::leak(Box::new(thread))))
            }
        })
    }
}

impl Local {
    pub(super) fn connect(path: &Path) -> Result<Self> {
        let thread = Thread::current()?;
        let connect = async {
            let stream = UnixStream::connect(path).await.map_err(failed)?;
            let (reader, writer) = stream.compat().split();
            let (reader, writer) = (futures::io::BufReader::new(reader), futures::io::BufWriter::new(writer));
            let network = VatNetwork::new(reader, writer, Side::Client, options());
            let mut system = RpcSystem::new(Box::new(network), None);
            let work: work::Client = system.bootstrap(Side::Server);
            let countdown = new_client(Countdown(work.clone()));
            // It ends when the connection does, which is when nothing of the server's is held here.
            tokio::task::spawn_local(system);
            Ok::<_, Exception>(Remote { work, countdown })
        };
        let remote = thread.tasks.block_on(&thread.runtime, connect)?;
        Ok(Self { remote: Some(remote), thread })
    }

    fn remote(&self) -> Remote {
        self.remote.clone().expect("it is there until the connection is dropped")
    }
}

/// Payloads and lists are larger than what a message may have without being told.
pub(super) fn options() -> ReaderOptions {
    *ReaderOptions::new().traversal_limit_in_words(None)
}

impl Client for Local {
    fn round(&mut self, round: Round) -> Result<Sample> {
        let tasks = Tasks::new(round);
        // Each in a task of its own: what is polled beside them would be polled with every one of their wakes.
        let callers = (0..round.callers).map(|_| self.thread.tasks.spawn_local(drive(self.remote(), tasks.clone())));
        self.thread.tasks.block_on(&self.thread.runtime, all_of(callers.collect()))
    }

    fn objects(&mut self, count: usize) -> Result<(Sample, Box<dyn Any>)> {
        let held = self.thread.tasks.block_on(&self.thread.runtime, hold(self.remote(), count));
        let (sample, objects) = held?;
        Ok((sample, Box::new(objects)))
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.remote = None;
        // Lets the connection's tasks see that.
        self.thread.tasks.block_on(&self.thread.runtime, tokio::task::yield_now());
    }
}

#[derive(Clone)]
struct Remote {
    work: work::Client,
    /// What is passed to be called back.
    countdown: callback::Client,
}

/// Counts down to one, by calls within callbacks.
struct Countdown(work::Client);

impl callback::Server for Countdown {
    async fn call(
        self: capnp::capability::Rc<Self>,
        params: callback::CallParams,
        mut results: callback::CallResults,
    ) -> capnp::Result<()> {
        let depth = params.get()?.get_x();
        let again = || new_client(Self(self.0.clone()));
        let called = if depth <= 1 { depth } else { 1 + nested(&self.0, depth - 1, again()).await? };
        results.get().set_x(called);
        Ok(())
    }
}

struct AddOne;

impl callback::Server for AddOne {
    async fn call(
        self: capnp::capability::Rc<Self>,
        params: callback::CallParams,
        mut results: callback::CallResults,
    ) -> capnp::Result<()> {
        results.get().set_x(params.get()?.get_x() + 1);
        Ok(())
    }
}

async fn nested(work: &work::Client, depth: u32, callback: callback::Client) -> capnp::Result<u32> {
    let mut request = work.nested_request();
    request.get().set_depth(depth);
    request.get().set_callback(callback);
    Ok(request.send().promise.await?.get()?.get_depth())
}

impl AsyncWork for Remote {
    type Object = counter::Client;

    async fn empty(&self) -> Result<()> {
        self.work.empty_request().send().promise.await.map_err(failed).map(drop)
    }

    async fn add(&self, a: i32, b: i32) -> Result<i32> {
        let mut request = self.work.add_request();
        request.get().set_a(a);
        request.get().set_b(b);
        let response = request.send().promise.await.map_err(failed)?;
        Ok(response.get().map_err(failed)?.get_sum())
    }

    async fn twenty(&self, value: &Twenty) -> Result<Twenty> {
        let mut request = self.work.twenty_request();
        write_twenty(request.get().init_value(), value);
        let response = request.send().promise.await.map_err(failed)?;
        response.get().and_then(|results| read_twenty(results.get_value()?)).map_err(failed)
    }

    async fn result(&self, length: usize) -> Result<usize> {
        let mut request = self.work.result_request();
        request.get().set_length(length as u32);
        let response = request.send().promise.await.map_err(failed)?;
        // Into memory of the caller's own, as everybody else's result is.
        let bytes = response.get().and_then(|results| Ok(results.get_bytes()?.to_vec())).map_err(failed)?;
        Ok(received(&bytes))
    }

    async fn argument(&self, bytes: &[u8]) -> Result<usize> {
        let mut request = self.work.argument_request();
        request.get().set_bytes(bytes);
        let response = request.send().promise.await.map_err(failed)?;
        Ok(response.get().map_err(failed)?.get_length() as usize)
    }

    async fn list(&self) -> Result<usize> {
        let response = self.work.list_request().send().promise.await.map_err(failed)?;
        let items = response.get().and_then(|results| results.get_items()).map_err(failed)?;
        let items: Vec<_> = items.iter().map(read_item).collect();
        Ok(received_list(&items))
    }

    async fn nested(&self, depth: u32) -> Result<u32> {
        nested(&self.work, depth, self.countdown.clone()).await.map_err(failed)
    }

    async fn store(&self) -> Result<()> {
        let mut request = self.work.store_request();
        request.get().set_callback(new_client(AddOne));
        request.send().promise.await.map_err(failed).map(drop)
    }

    async fn fire(&self, x: u32) -> Result<u32> {
        let mut request = self.work.fire_request();
        request.get().set_x(x);
        let response = request.send().promise.await.map_err(failed)?;
        Ok(response.get().map_err(failed)?.get_x())
    }

    async fn create(&self, start: i64) -> Result<counter::Client> {
        let mut request = self.work.create_request();
        request.get().set_start(start);
        let response = request.send().promise.await.map_err(failed)?;
        response.get().and_then(|results| results.get_counter()).map_err(failed)
    }

    async fn step(&self, object: &counter::Client, by: i64) -> Result<i64> {
        let mut request = object.step_request();
        request.get().set_by(by);
        let response = request.send().promise.await.map_err(failed)?;
        Ok(response.get().map_err(failed)?.get_value())
    }
}
