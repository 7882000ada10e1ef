//! The object in the server.

use std::sync::{
    Arc, Mutex, OnceLock,
    atomic::{AtomicI64, Ordering},
};

use ipc_core::{Exception, ExceptionKind, Result};

use super::{Callback, Counter, Fire, Item, Twenty, Work, list, on_another_thread, payload, received};

/// Does the work. Peers of another making call its methods too, as far as they can.
pub(crate) struct Worker {
    stored: Mutex<Option<Callback>>,
    /// Another thread, from the first time that it is wanted.
    fire: OnceLock<Fire>,
}

impl Worker {
    pub(crate) fn new() -> Self {
        Self { stored: Mutex::new(None), fire: OnceLock::new() }
    }
}

impl Work for Worker {
    fn empty(&self) -> Result<()> {
        Ok(())
    }

    fn add(&self, a: i32, b: i32) -> Result<i32> {
        Ok(a.wrapping_add(b))
    }

    fn add_no_context(&self, a: i32, b: i32) -> Result<i32> {
        Ok(a.wrapping_add(b))
    }

    fn twenty(&self, value: Twenty) -> Result<Twenty> {
        Ok(value)
    }

    fn result(&self, length: u32) -> Result<Vec<u8>> {
        Ok(payload(length as usize))
    }

    fn argument(&self, bytes: Vec<u8>) -> Result<u32> {
        Ok(received(&bytes) as u32)
    }

    fn list(&self) -> Result<Vec<Item>> {
        Ok(list().to_vec())
    }

    fn nested(&self, depth: u32, callback: Callback) -> Result<u32> {
        callback(depth)
    }

    fn store(&self, callback: Callback) -> Result<()> {
        let before = self.stored.lock().unwrap_or_else(|e| e.into_inner()).replace(callback);
        drop(before);
        Ok(())
    }

    fn fire(&self, x: u32) -> Result<u32> {
        let stored = self.stored.lock().unwrap_or_else(|e| e.into_inner()).clone();
        let stored = stored.ok_or_else(|| Exception::new(ExceptionKind::Remote, "there is no stored callback"))?;
        self.fire.get_or_init(on_another_thread)(stored, x)
    }

    fn create(&self, start: i64) -> Result<Arc<dyn Counter>> {
        Ok(Arc::new(Count::new(start)))
    }
}

/// An object that is made, used and dropped.
#[derive(Debug)]
pub(crate) struct Count(AtomicI64);

impl Count {
    pub(crate) fn new(start: i64) -> Self {
        Self(AtomicI64::new(start))
    }

    pub(crate) fn add(&self, by: i64) -> i64 {
        self.0.fetch_add(by, Ordering::Relaxed) + by
    }
}

impl Counter for Count {
    fn step(&self, by: i64) -> Result<i64> {
        Ok(self.add(by))
    }
}
