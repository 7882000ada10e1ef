//! The messages of `proto/ipc/session.proto`.

use bytes::Bytes;
use prost::{Message, Oneof};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Envelope {
    #[prost(oneof = "Content", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13")]
    pub(crate) content: Option<Content>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Content {
    #[prost(message, tag = "1")]
    Hello(Hello),
    #[prost(message, tag = "2")]
    Welcome(Welcome),
    #[prost(message, tag = "3")]
    Refuse(Failure),
    #[prost(message, tag = "4")]
    Call(Call),
    #[prost(message, tag = "5")]
    Destroy(Destroy),
    #[prost(message, tag = "6")]
    Return(Return),
    #[prost(message, tag = "7")]
    Release(Release),
    #[prost(message, tag = "8")]
    Cancel(Cancel),
    #[prost(message, tag = "9")]
    ThreadEnd(ThreadEnd),
    #[prost(message, tag = "10")]
    Ping(Ping),
    #[prost(message, tag = "11")]
    Pong(Ping),
    #[prost(message, tag = "12")]
    Close(Close),
    #[prost(message, tag = "13")]
    Chunk(Chunk),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Hello {
    #[prost(uint32, tag = "1")]
    pub(crate) version: u32,
    #[prost(fixed64, tag = "2")]
    pub(crate) interface: u64,
    #[prost(uint64, tag = "3")]
    pub(crate) message_bytes: u64,
    #[prost(bytes = "bytes", tag = "4")]
    pub(crate) session: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Welcome {
    #[prost(uint64, tag = "1")]
    pub(crate) root: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) message_bytes: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Call {
    #[prost(uint64, tag = "1")]
    pub(crate) id: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) object: u64,
    #[prost(fixed64, tag = "3")]
    pub(crate) interface: u64,
    #[prost(uint32, tag = "4")]
    pub(crate) ordinal: u32,
    #[prost(oneof = "CallOn", tags = "5, 6")]
    pub(crate) on: Option<CallOn>,
    #[prost(uint64, optional, tag = "7")]
    pub(crate) deadline_nanos: Option<u64>,
    #[prost(message, optional, tag = "8")]
    pub(crate) args: Option<Payload>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum CallOn {
    #[prost(message, tag = "5")]
    Thread(Thread),
    #[prost(uint64, tag = "6")]
    Waiting(u64),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Thread {
    #[prost(uint64, tag = "1")]
    pub(crate) key: u64,
    #[prost(string, optional, tag = "2")]
    pub(crate) name: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Destroy {
    #[prost(uint64, tag = "1")]
    pub(crate) id: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) object: u64,
    #[prost(uint64, tag = "3")]
    pub(crate) count: u64,
    #[prost(oneof = "DestroyOn", tags = "4, 5")]
    pub(crate) on: Option<DestroyOn>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum DestroyOn {
    #[prost(message, tag = "4")]
    Thread(Thread),
    #[prost(uint64, tag = "5")]
    Waiting(u64),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Return {
    #[prost(uint64, tag = "1")]
    pub(crate) call: u64,
    #[prost(oneof = "Outcome", tags = "2, 3, 4, 5")]
    pub(crate) outcome: Option<Outcome>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Outcome {
    #[prost(message, tag = "2")]
    Results(Payload),
    #[prost(message, tag = "3")]
    Error(Payload),
    #[prost(message, tag = "4")]
    Thrown(Failure),
    #[prost(message, tag = "5")]
    Refused(Failure),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Payload {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) body: Bytes,
    #[prost(message, repeated, tag = "2")]
    pub(crate) objects: Vec<ObjectRef>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct ObjectRef {
    #[prost(oneof = "ObjectOf", tags = "1, 2")]
    pub(crate) of: Option<ObjectOf>,
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum ObjectOf {
    #[prost(uint64, tag = "1")]
    Sender(u64),
    #[prost(uint64, tag = "2")]
    Receiver(u64),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Failure {
    /// As in the enum `Kind`: the kinds in their order, from 1.
    #[prost(int32, tag = "1")]
    pub(crate) kind: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Release {
    #[prost(uint64, tag = "1")]
    pub(crate) object: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) count: u64,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Cancel {
    #[prost(uint64, tag = "1")]
    pub(crate) call: u64,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct ThreadEnd {
    #[prost(uint64, tag = "1")]
    pub(crate) thread: u64,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Ping {
    #[prost(uint64, tag = "1")]
    pub(crate) token: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Close {
    #[prost(string, tag = "1")]
    pub(crate) reason: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Chunk {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) data: Bytes,
    #[prost(bool, tag = "2")]
    pub(crate) last: bool,
}
