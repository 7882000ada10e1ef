//! tarpc: <https://docs.rs/tarpc>.
//!
//! Set up as its examples are: bincode in length-delimited frames on a unix socket, a task for each request. The protocol
//! goes one way; as in its `pubsub` example the server connects back to whoever wants to be called, and both sides are
//! client and server. It has no objects: the server keeps them by number.

mod server;
mod service;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::{StreamExt as _, future::ready};
use ipc_core::Result;
use serde_bytes::ByteBuf;
use tarpc::{
    client, context,
    serde_transport::unix,
    server::{BaseChannel, Channel as _},
    tokio_serde::formats::Bincode,
};
use tokio::sync::OnceCell;

use self::service::{Callbacks as _, WorkClient};
use super::Peer;
use crate::{
    client::{AsyncWork, Client, TasksClient, failed, runtime, spawned},
    process::Ready,
    work::{Twenty, received, received_list},
};

pub(super) struct Tarpc;

impl Peer for Tarpc {
    fn name(&self) -> &'static str {
        "tarpc"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["tarpc", "tokio"]
    }

    fn note(&self) -> &'static str {
        "async; bincode; callers are tasks; callbacks over a second connection"
    }

    fn connect(&self, path: &Path) -> Result<Box<dyn Client>> {
        let work = runtime()?.block_on(Remote::connect(path))?;
        Ok(Box::new(TasksClient::new(work, runtime()?)))
    }

    fn serve(&self, path: &Path, ready: Ready) -> Result<()> {
        runtime()?.block_on(server::serve(path, ready))
    }
}

spawned!(Remote);

/// The client, and where it can be called back.
#[derive(Clone)]
struct Remote {
    client: WorkClient,
    session: Arc<OnceCell<u64>>,
    path: PathBuf,
}

impl Remote {
    async fn connect(path: &Path) -> Result<Self> {
        let mut transport = unix::connect(path, Bincode::default);
        transport.config_mut().max_frame_length(usize::MAX);
        let client = WorkClient::new(client::Config::default(), transport.await.map_err(failed)?).spawn();
        Ok(Self { client, session: Arc::default(), path: path.into() })
    }

    /// The number by which the server calls this client back; with the first it connects here.
    async fn session(&self) -> Result<u64> {
        let attach = || async {
            static SESSIONS: AtomicU64 = AtomicU64::new(0);
            let number = SESSIONS.fetch_add(1, Ordering::Relaxed);
            let path = self.path.with_extension(format!("{}-{number}", std::process::id()));
            let incoming = unix::listen(&path, Bincode::default).await.map_err(failed)?;
            let callbacks = Called(self.client.clone(), self.session.clone());
            tokio::spawn(incoming.filter_map(|transport| ready(transport.ok())).take(1).for_each(move |transport| {
                let requests = BaseChannel::with_defaults(transport).execute(callbacks.clone().serve());
                requests.for_each(|request| async move {
                    tokio::spawn(request);
                })
            }));
            let session = self.client.attach(context::current(), path).await.map_err(failed)?;
            session.map_err(failed)
        };
        self.session.get_or_try_init(attach).await.copied()
    }
}

/// What the server calls.
#[derive(Clone)]
struct Called(WorkClient, Arc<OnceCell<u64>>);

impl service::Callbacks for Called {
    async fn nested(self, _: context::Context, depth: u32) -> Result<u32, String> {
        if depth <= 1 {
            return Ok(depth);
        }
        let session = *self.1.get().ok_or("called back before there was a session")?;
        let inner = self.0.nested(context::current(), session, depth - 1).await.map_err(|e| e.to_string())?;
        Ok(1 + inner?)
    }

    async fn stored(self, _: context::Context, x: u32) -> u32 {
        x + 1
    }
}

impl AsyncWork for Remote {
    type Object = Object;

    async fn empty(&self) -> Result<()> {
        self.client.empty(context::current()).await.map_err(failed)
    }

    async fn add(&self, a: i32, b: i32) -> Result<i32> {
        self.client.add(context::current(), a, b).await.map_err(failed)
    }

    async fn twenty(&self, value: &Twenty) -> Result<Twenty> {
        self.client.twenty(context::current(), value.clone()).await.map_err(failed)
    }

    async fn result(&self, length: usize) -> Result<usize> {
        Ok(received(&self.client.result(context::current(), length as u64).await.map_err(failed)?))
    }

    async fn argument(&self, bytes: &[u8]) -> Result<usize> {
        let length = self.client.argument(context::current(), ByteBuf::from(bytes)).await.map_err(failed)?;
        Ok(length as usize)
    }

    async fn list(&self) -> Result<usize> {
        Ok(received_list(&self.client.list(context::current()).await.map_err(failed)?))
    }

    async fn nested(&self, depth: u32) -> Result<u32> {
        let session = self.session().await?;
        self.client.nested(context::current(), session, depth).await.map_err(failed)?.map_err(failed)
    }

    async fn store(&self) -> Result<()> {
        self.session().await.map(drop)
    }

    async fn fire(&self, x: u32) -> Result<u32> {
        let session = self.session().await?;
        self.client.fire(context::current(), session, x).await.map_err(failed)?.map_err(failed)
    }

    async fn create(&self, start: i64) -> Result<Object> {
        let id = self.client.create(context::current(), start).await.map_err(failed)?;
        Ok(Object { id, client: self.client.clone() })
    }

    async fn step(&self, object: &Object, by: i64) -> Result<i64> {
        let value = self.client.step(context::current(), object.id, by).await.map_err(failed)?;
        value.ok_or_else(|| failed("there is no such object"))
    }
}

/// An object of the server, released when it is dropped.
struct Object {
    id: u64,
    client: WorkClient,
}

impl Drop for Object {
    fn drop(&mut self) {
        let (id, client) = (self.id, self.client.clone());
        if let Ok(runtime) = runtime() {
            // A drop cannot wait for an answer.
            runtime.spawn(async move { client.release(context::current(), id).await });
        }
    }
}
