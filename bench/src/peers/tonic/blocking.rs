//! The caller's side, for threads that block.

use std::{future::Future, sync::Arc};

use ipc_core::Result;
use tokio::runtime::Handle;

use super::{client, generated::talk::What};
use crate::{
    client::AsyncWork as _,
    work::{Callback, Counter, Item, Twenty, Work},
};

/// A client for any number of threads.
pub(super) struct Remote {
    remote: client::Remote,
    runtime: Handle,
}

impl Remote {
    pub(super) fn new(remote: client::Remote, runtime: &Handle) -> Self {
        Self { remote, runtime: runtime.clone() }
    }

    fn wait<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        self.runtime.block_on(call)
    }
}

impl Work for Remote {
    fn empty(&self) -> Result<()> {
        self.wait(self.remote.empty())
    }

    fn add(&self, a: i32, b: i32) -> Result<i32> {
        self.wait(self.remote.add(a, b))
    }

    /// There is no thread that a call could belong to.
    fn add_no_context(&self, a: i32, b: i32) -> Result<i32> {
        self.add(a, b)
    }

    fn twenty(&self, value: Twenty) -> Result<Twenty> {
        self.wait(self.remote.echo(value))
    }

    fn result(&self, length: u32) -> Result<Vec<u8>> {
        // A buffer that nobody else has becomes a vector without a copy.
        Ok(self.wait(self.remote.bytes(length as usize))?.into())
    }

    fn argument(&self, bytes: Vec<u8>) -> Result<u32> {
        Ok(self.wait(self.remote.send(bytes))? as u32)
    }

    fn list(&self) -> Result<Vec<Item>> {
        self.wait(self.remote.items())
    }

    fn nested(&self, depth: u32, callback: Callback) -> Result<u32> {
        let mut conversation = self.wait(self.remote.talk(depth))?;
        loop {
            match self.wait(conversation.hear())? {
                // It may call again, on this thread: nothing blocks on the runtime meanwhile.
                What::Nested(depth) => {
                    let answer = What::Answer(callback(depth)?);
                    self.wait(conversation.say(answer))?;
                }
                What::Answer(called) => return Ok(called),
            }
        }
    }

    fn store(&self, callback: Callback) -> Result<()> {
        // It may block, as handlers may.
        self.wait(self.remote.answer(move |x| {
            let callback = callback.clone();
            let called = tokio::task::spawn_blocking(move || callback(x).ok());
            async { called.await.ok().flatten() }
        }))
    }

    fn fire(&self, x: u32) -> Result<u32> {
        self.wait(self.remote.fire(x))
    }

    fn create(&self, start: i64) -> Result<Arc<dyn Counter>> {
        let object = self.wait(self.remote.create(start))?;
        Ok(Arc::new(Object { object, remote: self.remote.clone(), runtime: self.runtime.clone() }))
    }
}

/// An object of the server.
struct Object {
    object: client::Object,
    remote: client::Remote,
    runtime: Handle,
}

impl Counter for Object {
    fn step(&self, by: i64) -> Result<i64> {
        self.runtime.block_on(self.remote.step(&self.object, by))
    }
}
