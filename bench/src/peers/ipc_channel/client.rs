//! The caller's side.

use std::{
    io::Write as _,
    os::unix::net::UnixStream,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use ipc_channel::ipc::{self, IpcOneShotServer, IpcSender};
use ipc_core::{Exception, ExceptionKind, Result};
use serde_bytes::ByteBuf;

use super::protocol::{ClientEnd, End, Reply, Request, ServerEnd};
use crate::{
    client::failed,
    work::{Callback, Counter, Item, Twenty, Work},
};

/// A client, for any number of threads.
#[derive(Clone)]
pub(super) struct Remote(Arc<Channels>);

struct Channels {
    /// Where the server takes new callers.
    opener: Mutex<IpcSender<ServerEnd>>,
    /// The pairs of channels that no call uses now.
    idle: Mutex<Vec<ClientEnd>>,
}

impl Remote {
    pub(super) fn connect(path: &Path) -> Result<Self> {
        let (server, name) = IpcOneShotServer::<IpcSender<ServerEnd>>::new().map_err(failed)?;
        let mut stream = UnixStream::connect(path).map_err(failed)?;
        writeln!(stream, "{name}").map_err(failed)?;
        let (_, opener) = server.accept().map_err(failed)?;
        Ok(Self(Arc::new(Channels { opener: Mutex::new(opener), idle: Mutex::default() })))
    }

    fn call(&self, request: Request) -> Result<Reply> {
        self.with(|end| exchange(end, request))
    }

    /// Uses a pair of channels that nobody else uses meanwhile, a new one if there is none.
    fn with<T>(&self, call: impl FnOnce(&ClientEnd) -> Result<T>) -> Result<T> {
        let idle = self.0.idle().pop();
        let end = idle.map_or_else(|| self.0.open(), Ok)?;
        let done = call(&end);
        self.0.idle().push(end);
        done
    }
}

impl Channels {
    fn open(&self) -> Result<ClientEnd> {
        let (requests, requested) = ipc::channel().map_err(failed)?;
        let (replying, replies) = ipc::channel().map_err(failed)?;
        let opener = self.opener.lock().unwrap_or_else(PoisonError::into_inner);
        opener.send(End { sender: replying, receiver: requested }).map_err(failed)?;
        Ok(End { sender: requests, receiver: replies })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<ClientEnd>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn exchange(end: &ClientEnd, request: Request) -> Result<Reply> {
    end.sender.send(request).map_err(failed)?;
    match end.receiver.recv().map_err(failed)? {
        Reply::Failed(why) => Err(failed(why)),
        reply => Ok(reply),
    }
}

impl Work for Remote {
    fn empty(&self) -> Result<()> {
        match self.call(Request::Empty)? {
            Reply::Empty => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    fn add(&self, a: i32, b: i32) -> Result<i32> {
        number(self.call(Request::Add(a, b))?)
    }

    /// Its channels belong to no thread.
    fn add_no_context(&self, a: i32, b: i32) -> Result<i32> {
        self.add(a, b)
    }

    fn twenty(&self, value: Twenty) -> Result<Twenty> {
        match self.call(Request::Twenty(value))? {
            Reply::Twenty(value) => Ok(value),
            other => Err(unexpected(&other)),
        }
    }

    fn result(&self, length: u32) -> Result<Vec<u8>> {
        match self.call(Request::Result(length))? {
            Reply::Bytes(bytes) => Ok(bytes.into_vec()),
            other => Err(unexpected(&other)),
        }
    }

    fn argument(&self, bytes: Vec<u8>) -> Result<u32> {
        number(self.call(Request::Argument(ByteBuf::from(bytes)))?)
    }

    fn list(&self) -> Result<Vec<Item>> {
        match self.call(Request::List)? {
            Reply::List(items) => Ok(items),
            other => Err(unexpected(&other)),
        }
    }

    fn nested(&self, depth: u32, callback: Callback) -> Result<u32> {
        self.with(|end| {
            let mut reply = exchange(end, Request::Nested(depth))?;
            while let Reply::Callback(depth) = reply {
                reply = exchange(end, Request::Called(callback(depth)?))?;
            }
            number(reply)
        })
    }

    fn store(&self, callback: Callback) -> Result<()> {
        let (to_us, numbers) = ipc::channel::<u32>().map_err(failed)?;
        let (to_server, answers) = ipc::channel::<u32>().map_err(failed)?;
        // It ends when the server lets go of its end.
        thread::spawn(move || {
            while let Ok(x) = numbers.recv() {
                if !callback(x).is_ok_and(|answer| to_server.send(answer).is_ok()) {
                    break;
                }
            }
        });
        self.call(Request::Store(End { sender: to_us, receiver: answers })).map(drop)
    }

    fn fire(&self, x: u32) -> Result<u32> {
        number(self.call(Request::Fire(x))?)
    }

    fn create(&self, start: i64) -> Result<Arc<dyn Counter>> {
        match self.call(Request::Create(start))? {
            Reply::Object(id) => Ok(Arc::new(Object { id, remote: self.clone() })),
            other => Err(unexpected(&other)),
        }
    }
}

/// An object of the server, released when it is dropped.
struct Object {
    id: u64,
    remote: Remote,
}

impl Counter for Object {
    fn step(&self, by: i64) -> Result<i64> {
        number(self.remote.call(Request::Step(self.id, by))?)
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // A drop cannot fail: the server may be gone.
        let _ = self.remote.with(|end| end.sender.send(Request::Release(self.id)).map_err(failed));
    }
}

fn number<T: TryFrom<i64>>(reply: Reply) -> Result<T> {
    match reply {
        Reply::Number(n) => T::try_from(n).map_err(|_| failed("the number is too large")),
        other => Err(unexpected(&other)),
    }
}

fn unexpected(reply: &Reply) -> Exception {
    Exception::new(ExceptionKind::Protocol, format!("an unexpected reply: {reply:?}"))
}
