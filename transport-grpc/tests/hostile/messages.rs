//! The messages of PROTOCOL.md that a hostile peer needs.

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Envelope {
    #[prost(message, optional, tag = "1")]
    pub(crate) hello: Option<Hello>,
    #[prost(message, optional, tag = "2")]
    pub(crate) welcome: Option<Welcome>,
    #[prost(message, optional, tag = "4")]
    pub(crate) call: Option<Call>,
    #[prost(message, optional, tag = "6")]
    pub(crate) answer: Option<Return>,
    #[prost(message, optional, tag = "7")]
    pub(crate) release: Option<Release>,
    #[prost(message, optional, tag = "10")]
    pub(crate) ping: Option<Ping>,
    #[prost(message, optional, tag = "12")]
    pub(crate) close: Option<Close>,
    #[prost(message, optional, tag = "13")]
    pub(crate) chunk: Option<Chunk>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Hello {
    #[prost(uint32, tag = "1")]
    pub(crate) version: u32,
    #[prost(fixed64, tag = "2")]
    pub(crate) interface: u64,
    #[prost(uint64, tag = "3")]
    pub(crate) message_bytes: u64,
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) session: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Welcome {
    #[prost(uint64, tag = "1")]
    pub(crate) root: u64,
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
    #[prost(message, optional, tag = "5")]
    pub(crate) thread: Option<Thread>,
    #[prost(message, optional, tag = "8")]
    pub(crate) args: Option<Payload>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Thread {
    #[prost(uint64, tag = "1")]
    pub(crate) key: u64,
    #[prost(string, optional, tag = "2")]
    pub(crate) name: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Return {
    #[prost(uint64, tag = "1")]
    pub(crate) call: u64,
    #[prost(message, optional, tag = "2")]
    pub(crate) results: Option<Payload>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Payload {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) body: Vec<u8>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) objects: Vec<ObjectRef>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ObjectRef {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) sender: Option<u64>,
    #[prost(uint64, optional, tag = "2")]
    pub(crate) receiver: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Release {
    #[prost(uint64, tag = "1")]
    pub(crate) object: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) count: u64,
}

#[derive(Clone, PartialEq, Message)]
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
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) data: Vec<u8>,
    #[prost(bool, tag = "2")]
    pub(crate) last: bool,
}
