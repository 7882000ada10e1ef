//! remoc: <https://docs.rs/remoc>.
//!
//! Set up as its documentation of remote traits has it: the default configuration and codec on a unix socket, a shared
//! server that runs calls in parallel, names of one byte in the compact form that it advises. Callbacks are remote
//! functions, objects are remote traits of their own.

use std::{
    path::Path,
    sync::{Arc, Mutex, OnceLock},
};

use ipc_core::Result;
use remoc::{
    codec,
    prelude::*,
    rfn::{self, RFn},
    rtc::{CallError, Client as _},
};
use serde_bytes::ByteBuf;
use tokio::net::{UnixListener, UnixStream};

use super::Peer;
use crate::{
    client::{AsyncWork, Client, TasksClient, failed, runtime, spawned},
    process::Ready,
    work::{Count, Item, Twenty, list, payload, received, received_list},
};

pub(super) struct Remoc;

impl Peer for Remoc {
    fn name(&self) -> &'static str {
        "remoc"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["remoc", "tokio"]
    }

    fn note(&self) -> &'static str {
        "async; remote traits in its own codec; callers are tasks"
    }

    fn connect(&self, path: &Path) -> Result<Box<dyn Client>> {
        let work = runtime()?.block_on(connect(path))?;
        Ok(Box::new(TasksClient::new(Remote { countdown: Arc::default(), work }, runtime()?)))
    }

    fn serve(&self, path: &Path, ready: Ready) -> Result<()> {
        runtime()?.block_on(serve(path, ready))
    }
}

type Callback = RFn<(u32,), Result<u32, rfn::CallError>>;

#[rtc::remote]
pub(crate) trait Work {
    #[serde(rename = "_0")]
    async fn empty(&self) -> Result<(), CallError>;
    #[serde(rename = "_1")]
    async fn add(&self, #[serde(rename = "_0")] a: i32, #[serde(rename = "_1")] b: i32) -> Result<i32, CallError>;
    #[serde(rename = "_2")]
    async fn twenty(&self, #[serde(rename = "_0")] value: Twenty) -> Result<Twenty, CallError>;
    #[serde(rename = "_3")]
    async fn result(&self, #[serde(rename = "_0")] length: u64) -> Result<ByteBuf, CallError>;
    #[serde(rename = "_4")]
    async fn argument(&self, #[serde(rename = "_0")] bytes: ByteBuf) -> Result<u64, CallError>;
    #[serde(rename = "_5")]
    async fn list(&self) -> Result<Vec<Item>, CallError>;
    #[serde(rename = "_6")]
    async fn nested(
        &self,
        #[serde(rename = "_0")] depth: u32,
        #[serde(rename = "_1")] callback: Callback,
    ) -> Result<u32, CallError>;
    #[serde(rename = "_7")]
    async fn store(&self, #[serde(rename = "_0")] callback: Callback) -> Result<(), CallError>;
    #[serde(rename = "_8")]
    async fn fire(&self, #[serde(rename = "_0")] x: u32) -> Result<u32, CallError>;
    #[serde(rename = "_9")]
    async fn create(&self, #[serde(rename = "_0")] start: i64) -> Result<CounterClient, CallError>;
}

#[rtc::remote]
pub(crate) trait Counter {
    #[serde(rename = "_0")]
    async fn step(&self, #[serde(rename = "_0")] by: i64) -> Result<i64, CallError>;
}

async fn connect(path: &Path) -> Result<WorkClient> {
    let (read, write) = UnixStream::connect(path).await.map_err(failed)?.into_split();
    let mut client: WorkClient =
        remoc::Connect::io(remoc::Cfg::default(), read, write).consume().await.map_err(failed)?;
    client.set_max_request_size(usize::MAX);
    client.set_max_response_size(usize::MAX);
    Ok(client)
}

async fn serve(path: &Path, ready: Ready) -> Result<()> {
    let listener = UnixListener::bind(path).map_err(failed)?;
    ready.listening()?;
    loop {
        let (read, write) = listener.accept().await.map_err(failed)?.0.into_split();
        tokio::spawn(async move {
            let (server, mut client) = WorkServerShared::<_, codec::Default>::new(Arc::new(Server::new()));
            client.set_max_request_size(usize::MAX);
            remoc::Connect::io(remoc::Cfg::default(), read, write).provide(client).await.map_err(failed)?;
            server.serve().await.map_err(failed)
        });
    }
}

struct Server {
    stored: Mutex<Option<Arc<Callback>>>,
}

impl Server {
    fn new() -> Self {
        Self { stored: Mutex::default() }
    }
}

impl Work for Server {
    async fn empty(&self) -> Result<(), CallError> {
        Ok(())
    }

    async fn add(&self, a: i32, b: i32) -> Result<i32, CallError> {
        Ok(a.wrapping_add(b))
    }

    async fn twenty(&self, value: Twenty) -> Result<Twenty, CallError> {
        Ok(value)
    }

    async fn result(&self, length: u64) -> Result<ByteBuf, CallError> {
        Ok(ByteBuf::from(payload(length as usize)))
    }

    async fn argument(&self, bytes: ByteBuf) -> Result<u64, CallError> {
        Ok(received(&bytes) as u64)
    }

    async fn list(&self) -> Result<Vec<Item>, CallError> {
        Ok(list().to_vec())
    }

    async fn nested(&self, depth: u32, callback: Callback) -> Result<u32, CallError> {
        callback.call(depth).await.map_err(|_| CallError::Dropped)
    }

    async fn store(&self, callback: Callback) -> Result<(), CallError> {
        *self.stored.lock().unwrap_or_else(|e| e.into_inner()) = Some(Arc::new(callback));
        Ok(())
    }

    async fn fire(&self, x: u32) -> Result<u32, CallError> {
        let stored = self.stored.lock().unwrap_or_else(|e| e.into_inner()).clone();
        let stored = stored.ok_or(CallError::Dropped)?;
        let called = tokio::spawn(async move { stored.call(x).await }).await;
        called.map_err(|_| CallError::Dropped)?.map_err(|_| CallError::Dropped)
    }

    async fn create(&self, start: i64) -> Result<CounterClient, CallError> {
        let (server, client) = CounterServerShared::new(Arc::new(Count::new(start)));
        // It ends when the client is dropped.
        tokio::spawn(server.serve());
        Ok(client)
    }
}

impl Counter for Count {
    async fn step(&self, by: i64) -> Result<i64, CallError> {
        Ok(self.add(by))
    }
}

#[derive(Clone)]
struct Remote {
    work: WorkClient,
    /// What is passed to be called back, made when it is first wanted.
    countdown: Arc<OnceLock<Callback>>,
}

spawned!(Remote);

/// Counts down to one, by calls within callbacks.
fn countdown(work: WorkClient) -> Callback {
    RFn::new_1(move |depth: u32| {
        let work = work.clone();
        async move {
            if depth <= 1 {
                return Ok(depth);
            }
            let again = countdown(work.clone());
            let inner = Box::pin(work.nested(depth - 1, again)).await;
            Ok(1 + inner.map_err(|_| rfn::CallError::Dropped)?)
        }
    })
}

impl AsyncWork for Remote {
    type Object = CounterClient;

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
        Ok(self.work.argument(ByteBuf::from(bytes)).await.map_err(failed)? as usize)
    }

    async fn list(&self) -> Result<usize> {
        Ok(received_list(&self.work.list().await.map_err(failed)?))
    }

    async fn nested(&self, depth: u32) -> Result<u32> {
        let countdown = self.countdown.get_or_init(|| countdown(self.work.clone())).clone();
        self.work.nested(depth, countdown).await.map_err(failed)
    }

    async fn store(&self) -> Result<()> {
        self.work.store(RFn::new_1(|x: u32| async move { Ok(x + 1) })).await.map_err(failed)
    }

    async fn fire(&self, x: u32) -> Result<u32> {
        self.work.fire(x).await.map_err(failed)
    }

    async fn create(&self, start: i64) -> Result<CounterClient> {
        self.work.create(start).await.map_err(failed)
    }

    async fn step(&self, object: &CounterClient, by: i64) -> Result<i64> {
        object.step(by).await.map_err(failed)
    }
}
