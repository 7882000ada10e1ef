//! What is said on the channels.

use ipc_channel::ipc::{IpcReceiver, IpcSender};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::work::{Item, Twenty};

/// One end of a pair of channels.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(
    serialize = "S: Serialize, R: Serialize",
    deserialize = "S: for<'a> Deserialize<'a>, R: for<'a> Deserialize<'a>"
))]
pub(super) struct End<S, R> {
    pub(super) sender: IpcSender<S>,
    pub(super) receiver: IpcReceiver<R>,
}

/// What the server serves a caller through.
pub(super) type ServerEnd = End<Reply, Request>;

/// What a caller calls through.
pub(super) type ClientEnd = End<Request, Reply>;

/// What the server calls back through: a number there, its answer back.
pub(super) type CallbackEnd = End<u32, u32>;

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    Empty,
    Add(i32, i32),
    Twenty(Twenty),
    Result(u32),
    Argument(ByteBuf),
    List,
    Nested(u32),
    /// The answer to [`Reply::Callback`].
    Called(u32),
    Store(CallbackEnd),
    Fire(u32),
    Create(i64),
    Step(u64, i64),
    /// It has no reply.
    Release(u64),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    Empty,
    Number(i64),
    Twenty(Twenty),
    Bytes(ByteBuf),
    List(Vec<Item>),
    /// To be answered before the reply comes.
    Callback(u32),
    Object(u64),
    Failed(String),
}
