//! zbus, from peer to peer without a bus: <https://docs.rs/zbus>.
//!
//! Set up as its documentation has it for a program on tokio: the connections live on the program's runtime; interfaces and
//! proxies come from the macros; proxies cache no properties since there are none. Callbacks and objects are D-Bus objects at
//! paths of their own; who passes one says where it is.
//!
//! The runtime has one worker. With several, on two cores, calls nested eight deep sometimes never returned (6.2.1, seen in about
//! half of the runs of a debug build): both sides waited, and nothing was left to be read. With one worker it was not seen.

mod interfaces;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use ipc_core::Result;
use serde_bytes::Bytes;
use tokio::{net::UnixListener, sync::OnceCell};
use zbus::{Connection, Guid, ObjectPath, OwnedObjectPath, connection::Builder, proxy::CacheProperties};

use self::interfaces::{CALLBACK, Callback, CounterProxy, WORK, Work, WorkProxy};
use super::Peer;
use crate::{
    client::{AsyncWork, Client, TasksClient, failed, one_worker, spawned},
    process::Ready,
    work::{Twenty, received, received_list},
};

pub(super) struct Zbus;

impl Peer for Zbus {
    fn name(&self) -> &'static str {
        "zbus"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["zbus", "tokio"]
    }

    fn note(&self) -> &'static str {
        "async; D-Bus from peer to peer, on tokio with one worker: with several it may hang; callers are tasks"
    }

    fn connect(&self, path: &Path) -> Result<Box<dyn Client>> {
        let work = one_worker()?.block_on(Remote::connect(path))?;
        Ok(Box::new(TasksClient::new(work, one_worker()?)))
    }

    fn serve(&self, path: &Path, ready: Ready) -> Result<()> {
        one_worker()?.block_on(serve(path, ready))
    }
}

async fn serve(path: &Path, ready: Ready) -> Result<()> {
    let listener = UnixListener::bind(path).map_err(failed)?;
    ready.listening()?;
    loop {
        let stream = listener.accept().await.and_then(|(stream, _)| stream.into_std()).map_err(failed)?;
        tokio::spawn(async move {
            let connection = Builder::unix_stream(stream).server(Guid::generate()).p2p().serve_at(WORK, Work::new());
            let connection = connection.build().await?;
            // It is served until the client hangs up, and no longer.
            connection.closed().await;
            zbus::Result::Ok(())
        });
    }
}

#[derive(Clone)]
struct Remote {
    connection: Connection,
    work: WorkProxy<'static>,
    /// Where the server can call this client back; nowhere until it has to.
    callback: Arc<OnceCell<ObjectPath<'static>>>,
}

spawned!(Remote);

impl Remote {
    async fn connect(path: &Path) -> Result<Self> {
        let address = format!("unix:path={}", path.display());
        let connection = Builder::address(address.as_str()).p2p().build().await.map_err(failed)?;
        let work = WorkProxy::builder(&connection).cache_properties(CacheProperties::No).build().await;
        Ok(Self { work: work.map_err(failed)?, connection, callback: Arc::default() })
    }

    async fn callback(&self) -> Result<&ObjectPath<'static>> {
        let serve = || async {
            self.connection.object_server().at(CALLBACK, Callback::new(self.work.clone())).await.map_err(failed)?;
            ObjectPath::try_from(CALLBACK).map_err(failed)
        };
        self.callback.get_or_try_init(serve).await
    }
}

impl AsyncWork for Remote {
    type Object = Object;

    async fn empty(&self) -> Result<()> {
        self.work.empty().await.map_err(failed)
    }

    async fn add(&self, a: i32, b: i32) -> Result<i32> {
        self.work.add(a, b).await.map_err(failed)
    }

    async fn twenty(&self, value: &Twenty) -> Result<Twenty> {
        self.work.twenty(value.clone()).await.map_err(failed)
    }

    async fn result(&self, length: usize) -> Result<usize> {
        Ok(received(&self.work.result(length as u64).await.map_err(failed)?))
    }

    async fn argument(&self, bytes: &[u8]) -> Result<usize> {
        Ok(self.work.argument(Bytes::new(bytes)).await.map_err(failed)? as usize)
    }

    async fn list(&self) -> Result<usize> {
        Ok(received_list(&self.work.list().await.map_err(failed)?))
    }

    async fn nested(&self, depth: u32) -> Result<u32> {
        let callback = self.callback().await?.clone();
        self.work.nested(depth, callback).await.map_err(failed)
    }

    async fn store(&self) -> Result<()> {
        let callback = self.callback().await?.clone();
        self.work.store(callback).await.map_err(failed)
    }

    async fn fire(&self, x: u32) -> Result<u32> {
        self.work.fire(x).await.map_err(failed)
    }

    async fn create(&self, start: i64) -> Result<Object> {
        let path: OwnedObjectPath = self.work.create(start).await.map_err(failed)?;
        let proxy = CounterProxy::builder(&self.connection).path(path);
        let proxy = proxy.cache_properties(CacheProperties::No).build().await.map_err(failed)?;
        Ok(Object(proxy))
    }

    async fn step(&self, object: &Object, by: i64) -> Result<i64> {
        object.0.step(by).await.map_err(failed)
    }
}

/// An object of the server, released when it is dropped.
struct Object(CounterProxy<'static>);

impl Drop for Object {
    fn drop(&mut self) {
        let proxy = self.0.clone();
        if let Ok(runtime) = one_worker() {
            // A drop cannot wait.
            runtime.spawn(async move { proxy.release().await });
        }
    }
}

/// Numbers for paths.
fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
