//! What is to be done outside, after something happened in the cell.

use std::sync::Arc;

use capnp::message::{Builder, HeapAllocator};

use super::{ImportKey, ServedKey};
use crate::{
    connection::CallSlot,
    message::Received,
    objects::{Export, ImportToken},
    threads::ThreadPost,
};

/// What is to be done outside. All of it is `Send`.
#[derive(Default)]
pub(crate) struct Effects {
    /// Replies, each with the place where its caller waits.
    pub(crate) replies: Vec<(Arc<CallSlot>, Reply)>,
    /// Calls to serve, in the order in which they came.
    pub(crate) calls: Vec<Incoming>,
    /// Calls that the peer has given up, each with the thread that it may still wait for.
    pub(crate) withdrawn: Vec<(Arc<ThreadPost>, ServedKey)>,
    /// Own objects that the peer let go of.
    pub(crate) dropped: Vec<Arc<Export>>,
    /// Workers that the peer asked for.
    pub(crate) started: Vec<Arc<ThreadPost>>,
    /// Workers that the peer let go of.
    pub(crate) ended: Vec<Arc<ThreadPost>>,
}

/// What a call ended with.
pub(crate) type Reply = Result<Body, Failure>;

/// Why a call failed, as the RPC layer has it.
#[derive(Clone, Debug)]
pub(crate) struct Failure(pub(crate) capnp::Error);

/// The contents of a call or of a reply.
pub(crate) struct Body {
    pub(crate) message: Contents,
    /// The capabilities that the contents refer to by index.
    pub(crate) caps: Vec<CapIn>,
}

impl Body {
    /// How much memory its message takes.
    pub(super) fn len_bytes(&self) -> usize {
        match &self.message {
            Contents::Shared(message) => message.len_bytes(),
            Contents::Own(message) => message.size_in_words() * size_of::<capnp::Word>(),
        }
    }

    /// Nothing.
    pub(super) fn empty() -> Self {
        Self { message: Contents::Own(Builder::new_default()), caps: Vec::new() }
    }
}

/// Where the contents are.
pub(crate) enum Contents {
    /// In the message that they came in.
    Shared(Received),
    /// In a message of their own, at the root.
    Own(Builder<HeapAllocator>),
}

/// A capability that came in.
#[derive(Debug)]
pub(crate) enum CapIn {
    /// An object of ours that comes home.
    Own(Arc<Export>),
    /// An object of the peer; counted in the import table, to be released once.
    Peer(ImportKey),
    /// Something that is no object: a thread, or a capability that is broken already.
    Foreign(&'static str),
}

/// A capability that goes out.
#[derive(Clone, Debug)]
pub(crate) enum CapOut {
    /// An object of ours.
    Own(Arc<Export>),
    /// An object of the peer that goes home.
    Peer(Arc<ImportToken>),
}

/// A call to serve.
pub(crate) struct Incoming {
    pub(crate) key: ServedKey,
    pub(crate) object: Arc<Export>,
    pub(crate) interface: u64,
    pub(crate) ordinal: u16,
    pub(crate) body: Body,
    /// The thread that it must run on; none if it carries no context.
    pub(crate) post: Option<Arc<ThreadPost>>,
    /// The caller's thread, on which nested calls back are to run.
    pub(crate) callback: Option<ImportKey>,
}
