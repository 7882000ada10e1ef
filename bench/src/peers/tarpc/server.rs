//! The server's side.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use futures::{StreamExt as _, future::ready};
use ipc_core::Result;
use serde_bytes::ByteBuf;
use tarpc::{
    client,
    context::Context,
    serde_transport::unix,
    server::{BaseChannel, Channel as _},
    tokio_serde::formats::Bincode,
};

use super::service::{CallbacksClient, Work};
use crate::{
    client::failed,
    process::Ready,
    work::{Item, Registry, Twenty, list, payload, received},
};

pub(super) async fn serve(path: &Path, says: Ready) -> Result<()> {
    let mut incoming = unix::listen(path, Bincode::default).await.map_err(failed)?;
    incoming.config_mut().max_frame_length(usize::MAX);
    says.listening()?;
    let server = Server::default();
    incoming
        .filter_map(|transport| ready(transport.ok()))
        .map(BaseChannel::with_defaults)
        .for_each(|channel| {
            let requests = channel.execute(server.clone().serve());
            tokio::spawn(requests.for_each(|request| async move {
                tokio::spawn(request);
            }));
            ready(())
        })
        .await;
    Ok(())
}

#[derive(Clone)]
struct Server(Arc<State>);

struct State {
    objects: Registry,
    sessions: Mutex<HashMap<u64, CallbacksClient>>,
}

impl Default for Server {
    fn default() -> Self {
        Self(Arc::new(State { objects: Registry::default(), sessions: Mutex::default() }))
    }
}

impl Server {
    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<u64, CallbacksClient>> {
        self.0.sessions.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn session(&self, number: u64) -> Result<CallbacksClient, String> {
        self.sessions().get(&number).cloned().ok_or_else(|| "there is no such session".into())
    }
}

impl Work for Server {
    async fn empty(self, _: Context) {}

    async fn add(self, _: Context, a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }

    async fn twenty(self, _: Context, value: Twenty) -> Twenty {
        value
    }

    async fn result(self, _: Context, length: u64) -> ByteBuf {
        ByteBuf::from(payload(length as usize))
    }

    async fn argument(self, _: Context, bytes: ByteBuf) -> u64 {
        received(&bytes) as u64
    }

    async fn list(self, _: Context) -> Vec<Item> {
        list().to_vec()
    }

    async fn attach(self, _: Context, path: PathBuf) -> Result<u64, String> {
        let transport = unix::connect(path, Bincode::default).await.map_err(|e| e.to_string())?;
        let client = CallbacksClient::new(client::Config::default(), transport).spawn();
        let mut sessions = self.sessions();
        let number = sessions.len() as u64;
        sessions.insert(number, client);
        Ok(number)
    }

    async fn nested(self, _: Context, session: u64, depth: u32) -> Result<u32, String> {
        let caller = self.session(session)?;
        caller.nested(tarpc::context::current(), depth).await.map_err(|e| e.to_string())?
    }

    async fn fire(self, _: Context, session: u64, x: u32) -> Result<u32, String> {
        let caller = self.session(session)?;
        let other = tokio::spawn(async move { caller.stored(tarpc::context::current(), x).await });
        other.await.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
    }

    async fn create(self, _: Context, start: i64) -> u64 {
        self.0.objects.create(start)
    }

    async fn step(self, _: Context, id: u64, by: i64) -> Option<i64> {
        self.0.objects.step(id, by)
    }

    async fn release(self, _: Context, id: u64) {
        self.0.objects.release(id);
    }
}
