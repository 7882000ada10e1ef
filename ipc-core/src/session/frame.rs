//! What crosses a connection.
//!
//! A mover encodes frames as it likes; they are serde types, so a `Vec<u8>` of them is one call away. What a stream carries
//! besides (lengths, chunks of large frames, credits) is the mover's affair. Frames of one direction arrive in the order in
//! which they were sent, each exactly once.

use std::{fmt, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::exception::{Exception, ExceptionKind};

/// The version of the protocol; both sides must have the same.
pub const VERSION: u32 = 1;

/// The longest thread name that is sent, in bytes; longer ones are cut.
pub const NAME_BYTES: usize = 8192;

/// The longest exception's message that is sent, in bytes; longer ones are cut.
pub const MESSAGE_BYTES: usize = 1 << 20;

/// What a frame may [weigh](Frame::weight) beyond [`Limits::message_bytes`](crate::Limits::message_bytes), which bounds
/// the payloads alone. A mover refuses larger ones before it takes memory for them.
pub const OVERHEAD_BYTES: usize = ENVELOPE_BYTES + NAME_BYTES + MESSAGE_BYTES;

/// All that is in every frame: numbers.
const ENVELOPE_BYTES: usize = 64;

/// How many bytes of a limit each object reference of a payload counts for.
pub const REFERENCE_BYTES: usize = 9;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u64);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:#x})", stringify!($name), self.0)
            }
        }
    )* };
}

ids! {
    /// An object of the side that sent it first: a place in its table, and in the upper half how often that was used before.
    /// Never 0, never used again.
    ObjectId
    /// A call of the side that made it, numbered as objects are.
    CallId
    /// A thread of the side that calls. Never used again.
    ThreadKey
}

/// One message of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Frame {
    /// The client's first: asks for the root object.
    Hello(Hello),
    /// The server's first: gives it.
    Welcome(Welcome),
    /// The server's first and last: it does not serve this client.
    Refuse(Failure),
    /// A call to an object of the receiver's. It is answered by exactly one [`Return`](Self::Return), whatever happens.
    Call(Call),
    /// Takes an object's last references back, and has it dropped on a thread. Answered as a call is.
    Destroy(Destroy),
    /// The answer to a call.
    Return(Return),
    /// The sender lets go of an object of the receiver's.
    Release {
        /// Which.
        object: ObjectId,
        /// How many references; each time it was sent is one.
        count: u64,
    },
    /// The sender no longer wants the answer to a call of its. The answer comes all the same.
    Cancel {
        /// Which.
        call: CallId,
    },
    /// A thread of the sender's has ended, or given up the one that stands for it: nothing more comes for that.
    End {
        /// Which.
        thread: ThreadKey,
    },
    /// Asks for a [`Pong`](Self::Pong).
    Ping {
        /// What that is to carry.
        token: u64,
    },
    /// Says that a ping was read.
    Pong {
        /// That of the ping.
        token: u64,
    },
    /// The sender's last: it closes the connection.
    Close {
        /// Why, for people to read.
        reason: String,
    },
}

/// How a client begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`VERSION`].
    pub version: u32,
    /// The interface that it takes the root object for.
    pub interface: u64,
    /// The largest payload that it reads.
    pub message_bytes: u64,
}

/// How a server begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The root object.
    pub root: ObjectId,
    /// The largest payload that it reads.
    pub message_bytes: u64,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The sender's number for it.
    pub id: CallId,
    /// The receiver's object that is called.
    pub object: ObjectId,
    /// The interface that declares the method.
    pub interface: u64,
    /// The method.
    pub ordinal: u16,
    /// The thread that it is for; none for a method without context.
    pub on: Option<Target>,
    /// How long it may take, if it has a deadline.
    pub deadline: Option<Duration>,
    /// The arguments.
    pub args: Payload,
}

/// The end of an object that is dropped on a thread of its client's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destroy {
    /// The sender's number for the answer.
    pub id: CallId,
    /// The receiver's object.
    pub object: ObjectId,
    /// How many references.
    pub count: u64,
    /// The thread that it is for.
    pub on: Target,
}

/// The receiver's thread that a call is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// The one that stands for a thread of the sender's.
    Worker {
        /// That thread.
        thread: ThreadKey,
        /// Its name, the first time that the thread calls.
        name: Option<String>,
    },
    /// The one that waits for the answer to this call of the receiver's, on whose behalf the sender calls.
    Waiting(CallId),
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// The receiver's number for the call.
    pub call: CallId,
    /// What it came to.
    pub outcome: CallOutcome,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallOutcome {
    /// The handler's results.
    Results(Payload),
    /// The handler's error, of the type that the method declares.
    Error(Payload),
    /// An exception that the handler gave, or its panic: it arrives as `Remote`.
    Thrown(Failure),
    /// What the sender's side of the connection has to say of the call: it arrives as it is.
    Refused(Failure),
}

/// Marshalled values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// The codec's.
    pub body: Bytes,
    /// The objects that the body refers to by index.
    pub objects: Vec<ObjectRef>,
}

/// A reference to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ObjectRef {
    /// An object of the sender's.
    Sender(ObjectId),
    /// An object of the receiver's that comes home.
    Receiver(ObjectId),
}

/// An exception on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Its kind.
    pub kind: ExceptionKind,
    /// What happened.
    pub message: String,
}

impl Payload {
    /// How much of a limit on messages it takes.
    pub fn weight(&self) -> usize {
        self.body.len() + self.objects.len() * REFERENCE_BYTES
    }
}

impl Frame {
    /// About how many bytes it takes; the payload counts exactly.
    pub fn weight(&self) -> usize {
        let name = |on: &Target| match on {
            Target::Worker { name: Some(name), .. } => name.len(),
            Target::Worker { .. } | Target::Waiting(_) => 0,
        };
        ENVELOPE_BYTES
            + match self {
                Self::Call(call) => call.args.weight() + call.on.as_ref().map_or(0, name),
                Self::Destroy(destroy) => name(&destroy.on),
                Self::Return(answer) => match &answer.outcome {
                    CallOutcome::Results(payload) | CallOutcome::Error(payload) => payload.weight(),
                    CallOutcome::Thrown(failure) | CallOutcome::Refused(failure) => failure.message.len(),
                },
                Self::Refuse(failure) => failure.message.len(),
                Self::Close { reason } => reason.len(),
                _ => 0,
            }
    }
}

impl From<&Exception> for Failure {
    fn from(exception: &Exception) -> Self {
        let mut message = exception.call_and_message();
        message.truncate(cut(&message, MESSAGE_BYTES).len());
        Self { kind: exception.kind(), message }
    }
}

/// The beginning of a text, of at most so many bytes.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

impl From<Failure> for Exception {
    fn from(failure: Failure) -> Self {
        Self::new(failure.kind, failure.message)
    }
}
