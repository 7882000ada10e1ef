//! What both sides offer.
#![allow(missing_docs, reason = "declared as zbus's macros want it")]

use std::sync::Mutex;

use serde_bytes::{ByteBuf, Bytes};
use zbus::{
    Connection, ObjectPath, ObjectServer, OwnedObjectPath, fdo, interface, message::Header, proxy::CacheProperties,
};

use super::next;
use crate::work::{Count, Item, Twenty, list, payload, received};

/// Where the server's object is.
pub(super) const WORK: &str = "/bench/Work";

/// Where a client's callback is.
pub(super) const CALLBACK: &str = "/bench/Callback";

pub(super) struct Work {
    stored: Mutex<Option<CallbackProxy<'static>>>,
}

impl Work {
    pub(super) fn new() -> Self {
        Self { stored: Mutex::default() }
    }
}

#[interface(
    name = "bench.Work",
    proxy(default_service = "bench.Server", default_path = "/bench/Work", visibility = "pub(super)")
)]
impl Work {
    async fn empty(&self) {}

    async fn add(&self, a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }

    async fn twenty(&self, value: Twenty) -> Twenty {
        value
    }

    async fn result(&self, length: u64) -> ByteBuf {
        ByteBuf::from(payload(length as usize))
    }

    async fn argument(&self, bytes: &Bytes) -> u64 {
        // The handler has bytes of its own, as everybody else's has.
        let bytes = bytes.to_vec();
        received(&std::hint::black_box(bytes)) as u64
    }

    async fn list(&self) -> Vec<Item> {
        list().to_vec()
    }

    async fn nested(
        &self,
        depth: u32,
        callback: ObjectPath<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> fdo::Result<u32> {
        proxy(connection, callback.to_owned()).await?.call(depth).await
    }

    async fn store(&self, callback: ObjectPath<'_>, #[zbus(connection)] connection: &Connection) -> fdo::Result<()> {
        let callback = proxy(connection, callback.to_owned()).await?;
        *self.stored.lock().unwrap_or_else(|e| e.into_inner()) = Some(callback);
        Ok(())
    }

    async fn fire(&self, x: u32) -> fdo::Result<u32> {
        let stored = self.stored.lock().unwrap_or_else(|e| e.into_inner()).clone();
        let stored = stored.ok_or_else(|| fdo::Error::Failed("there is no stored callback".into()))?;
        let other = tokio::spawn(async move { stored.add_one(x).await });
        Ok(other.await.map_err(|e| fdo::Error::Failed(e.to_string()))??)
    }

    async fn create(&self, start: i64, #[zbus(object_server)] server: &ObjectServer) -> fdo::Result<OwnedObjectPath> {
        let path = OwnedObjectPath::try_from(format!("/bench/counter{}", next()))?;
        server.at(&path, Counter(Count::new(start))).await?;
        Ok(path)
    }
}

async fn proxy(connection: &Connection, path: ObjectPath<'static>) -> zbus::Result<CallbackProxy<'static>> {
    CallbackProxy::builder(connection).path(path).cache_properties(CacheProperties::No).build().await
}

pub(super) struct Counter(Count);

#[interface(name = "bench.Counter", proxy(default_service = "bench.Server", visibility = "pub(super)"))]
impl Counter {
    async fn step(&self, by: i64) -> i64 {
        self.0.add(by)
    }

    #[zbus(proxy(no_reply))]
    async fn release(
        &self,
        #[zbus(header)] header: Header<'_>,
        #[zbus(object_server)] server: &ObjectServer,
    ) -> fdo::Result<()> {
        if let Some(path) = header.path() {
            server.remove::<Self, _>(path).await?;
        }
        Ok(())
    }
}

/// Counts down to one, by calls within callbacks.
pub(super) struct Callback(WorkProxy<'static>);

impl Callback {
    pub(super) fn new(work: WorkProxy<'static>) -> Self {
        Self(work)
    }
}

#[interface(name = "bench.Callback", proxy(default_service = "bench.Client", visibility = "pub(super)"))]
impl Callback {
    async fn call(&self, #[zbus(header)] header: Header<'_>, depth: u32) -> fdo::Result<u32> {
        match (depth, header.path()) {
            (2.., Some(path)) => Ok(1 + self.0.nested(depth - 1, path.clone()).await?),
            _ => Ok(depth),
        }
    }

    async fn add_one(&self, x: u32) -> u32 {
        x + 1
    }
}
