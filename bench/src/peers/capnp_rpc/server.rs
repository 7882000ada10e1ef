//! The server's side: one thread, a task for each connection.

use std::{cell::RefCell, path::Path};

use capnp::{Error, Result as Done, capability::Rc};
use capnp_rpc::{RpcSystem, new_client, rpc_twoparty_capnp::Side, twoparty::VatNetwork};
use futures::AsyncReadExt as _;
use ipc_core::Result;
use tokio::{net::UnixListener, task::LocalSet};
use tokio_util::compat::TokioAsyncReadCompatExt as _;

use super::{
    client::options,
    values::{read_twenty, write_item, write_twenty},
    work_capnp::{callback, counter, work},
};
use crate::{
    client::failed,
    process::Ready,
    work::{BYTE, Count, list, received},
};

pub(super) fn serve(path: &Path, ready: Ready) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    LocalSet::new().block_on(&runtime, async {
        let listener = UnixListener::bind(path).map_err(failed)?;
        ready.listening()?;
        loop {
            let stream = listener.accept().await.map_err(failed)?.0;
            let (reader, writer) = stream.compat().split();
            let (reader, writer) = (futures::io::BufReader::new(reader), futures::io::BufWriter::new(writer));
            let network = VatNetwork::new(reader, writer, Side::Server, options());
            let work: work::Client = new_client(Server { stored: RefCell::default() });
            tokio::task::spawn_local(RpcSystem::new(Box::new(network), Some(work.client)));
        }
    })
}

struct Server {
    stored: RefCell<Option<callback::Client>>,
}

impl work::Server for Server {
    async fn empty(self: Rc<Self>, _: work::EmptyParams, _: work::EmptyResults) -> Done<()> {
        Ok(())
    }

    async fn add(self: Rc<Self>, params: work::AddParams, mut results: work::AddResults) -> Done<()> {
        let params = params.get()?;
        results.get().set_sum(params.get_a().wrapping_add(params.get_b()));
        Ok(())
    }

    async fn twenty(self: Rc<Self>, params: work::TwentyParams, mut results: work::TwentyResults) -> Done<()> {
        // The handler has a struct of the program's own, as everybody else's has.
        let value = read_twenty(params.get()?.get_value()?)?;
        write_twenty(results.get().init_value(), &value);
        Ok(())
    }

    async fn result(self: Rc<Self>, params: work::ResultParams, mut results: work::ResultResults) -> Done<()> {
        let length = params.get()?.get_length();
        results.get().init_bytes(length).fill(BYTE);
        Ok(())
    }

    async fn argument(self: Rc<Self>, params: work::ArgumentParams, mut results: work::ArgumentResults) -> Done<()> {
        let bytes = params.get()?.get_bytes()?.to_vec();
        results.get().set_length(received(&std::hint::black_box(bytes)) as u32);
        Ok(())
    }

    async fn list(self: Rc<Self>, _: work::ListParams, mut results: work::ListResults) -> Done<()> {
        let mut items = results.get().init_items(list().len() as u32);
        for (at, item) in (0..).zip(list()) {
            write_item(items.reborrow().get(at), item);
        }
        Ok(())
    }

    async fn nested(self: Rc<Self>, params: work::NestedParams, mut results: work::NestedResults) -> Done<()> {
        let params = params.get()?;
        let called = call(&params.get_callback()?, params.get_depth()).await?;
        results.get().set_depth(called);
        Ok(())
    }

    async fn store(self: Rc<Self>, params: work::StoreParams, _: work::StoreResults) -> Done<()> {
        let callback = params.get()?.get_callback()?;
        let before = self.stored.replace(Some(callback));
        drop(before);
        Ok(())
    }

    async fn fire(self: Rc<Self>, params: work::FireParams, mut results: work::FireResults) -> Done<()> {
        let x = params.get()?.get_x();
        let stored = self.stored.borrow().clone();
        let stored = stored.ok_or_else(|| Error::failed("there is no stored callback".into()))?;
        let other = tokio::task::spawn_local(async move { call(&stored, x).await });
        results.get().set_x(other.await.map_err(|e| Error::failed(e.to_string()))??);
        Ok(())
    }

    async fn create(self: Rc<Self>, params: work::CreateParams, mut results: work::CreateResults) -> Done<()> {
        let counter = Counter(Count::new(params.get()?.get_start()));
        results.get().set_counter(new_client(counter));
        Ok(())
    }
}

async fn call(callback: &callback::Client, x: u32) -> Done<u32> {
    let mut request = callback.call_request();
    request.get().set_x(x);
    Ok(request.send().promise.await?.get()?.get_x())
}

struct Counter(Count);

impl counter::Server for Counter {
    async fn step(self: Rc<Self>, params: counter::StepParams, mut results: counter::StepResults) -> Done<()> {
        results.get().set_value(self.0.add(params.get()?.get_by()));
        Ok(())
    }
}
