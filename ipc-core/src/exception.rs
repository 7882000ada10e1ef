//! The one error type of the IPC layer.
//!
//! A caller decides by [`Exception::kind`]: it says what can be done about the failure, not which library reported it.

use std::{error::Error, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// The result of an IPC operation; the error is an [`Exception`] unless another is named.
pub type Result<T, E = Exception> = std::result::Result<T, E>;

/// What a caller can do about an [`Exception`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ExceptionKind {
    /// The connection was gone before the call was sent. It never ran: safe to retry on a new connection.
    Disconnected,
    /// The connection was lost while the call was in flight. It may have run.
    Interrupted,
    /// The ambient deadline passed. The call may have run, or may still run.
    DeadlineExceeded,
    /// The call was given up: by the peer that made it, or because this side shuts down.
    Cancelled,
    /// A limit on calls, threads, objects or memory is reached. Nothing was sent: retry later.
    Overloaded,
    /// A message is larger than a limit, on either side. Retrying does not help; sending less does.
    TooLarge,
    /// The peer does not know the interface, the method, or a feature that the call needs.
    Unimplemented,
    /// The peer's handler failed, panicked, or passed on an exception of its own, which then is the source.
    Remote,
    /// Somebody broke the protocol: malformed bytes, an unknown object, a value out of range.
    Protocol,
}

impl ExceptionKind {
    /// All kinds, in the order of their wire numbers.
    pub const ALL: [Self; 9] = [
        Self::Disconnected,
        Self::Interrupted,
        Self::DeadlineExceeded,
        Self::Cancelled,
        Self::Overloaded,
        Self::TooLarge,
        Self::Unimplemented,
        Self::Remote,
        Self::Protocol,
    ];

    /// The kind's name as it crosses a wire, for example `DeadlineExceeded`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disconnected => "Disconnected",
            Self::Interrupted => "Interrupted",
            Self::DeadlineExceeded => "DeadlineExceeded",
            Self::Cancelled => "Cancelled",
            Self::Overloaded => "Overloaded",
            Self::TooLarge => "TooLarge",
            Self::Unimplemented => "Unimplemented",
            Self::Remote => "Remote",
            Self::Protocol => "Protocol",
        }
    }

    /// The kind with this [`name`](Self::name), if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for ExceptionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A failed IPC operation: its [kind](ExceptionKind), what was called, a message and the source.
///
/// Cheap to clone. Two exceptions are equal when they read the same.
#[derive(Clone)]
pub struct Exception(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ExceptionKind,
    interface: Option<&'static str>,
    method: Option<&'static str>,
    message: String,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl Exception {
    /// An exception of this kind. The message says what happened and, for bad input, what was expected.
    pub fn new(kind: ExceptionKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner { kind, interface: None, method: None, message: message.into(), source: None }))
    }

    /// The same, caused by `source`.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.map(|inner| inner.source = Some(Arc::from(source.into())))
    }

    /// The same, naming the interface and the method that was called. An exception that names a call already keeps it.
    #[must_use]
    pub fn in_call(self, interface: &'static str, method: &'static str) -> Self {
        if self.0.interface.is_some() {
            return self;
        }
        self.map(|inner| {
            inner.interface = Some(interface);
            inner.method = Some(method);
        })
    }

    /// This exception as it arrives on another connection: `Remote`, with this one as the source.
    #[must_use]
    pub fn into_remote(self) -> Self {
        Self::new(ExceptionKind::Remote, self.to_string()).with_source(self)
    }

    fn map(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.0);
        change(&mut inner);
        Self(Arc::new(inner))
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> ExceptionKind {
        self.0.kind
    }

    /// The interface that was called, by its Rust name.
    pub fn interface(&self) -> Option<&'static str> {
        self.0.interface
    }

    /// The method that was called, by its Rust name.
    pub fn method(&self) -> Option<&'static str> {
        self.0.method
    }

    /// What happened, without kind and call.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What was called, and what happened: all but the kind.
    pub fn call_and_message(&self) -> String {
        match (self.0.interface, self.0.method) {
            (Some(interface), Some(method)) => format!("{interface}.{method}: {}", self.0.message),
            _ => self.0.message.clone(),
        }
    }

    /// For an exception that crossed a wire: the exception of the other side.
    pub fn remote(&self) -> Option<&Self> {
        self.source().and_then(|source| source.downcast_ref())
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind, self.call_and_message())
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Exception");
        out.field("kind", &self.0.kind);
        if let (Some(interface), Some(method)) = (self.0.interface, self.0.method) {
            out.field("call", &format_args!("{interface}.{method}"));
        }
        out.field("message", &self.0.message);
        if let Some(source) = &self.0.source {
            out.field("source", source);
        }
        out.finish_non_exhaustive()
    }
}

impl Error for Exception {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl PartialEq for Exception {
    fn eq(&self, other: &Self) -> bool {
        let texts = |e: &Self| e.source().map(ToString::to_string);
        self.0.kind == other.0.kind
            && self.0.interface == other.0.interface
            && self.0.method == other.0.method
            && self.0.message == other.0.message
            && texts(self) == texts(other)
    }
}

impl Eq for Exception {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_kind_call_and_message() {
        let e = Exception::new(ExceptionKind::Interrupted, "peer gone").in_call("Chain", "tip");
        assert_eq!(e.to_string(), "Interrupted: Chain.tip: peer gone");
        assert_eq!(e.clone().in_call("Other", "call"), e);
    }

    #[test]
    fn crossing_a_wire_keeps_the_original_as_source() {
        let e = Exception::new(ExceptionKind::Disconnected, "gone");
        let arrived = e.clone().into_remote();
        assert_eq!(arrived.kind(), ExceptionKind::Remote);
        assert_eq!(arrived.remote(), Some(&e));
    }

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        for kind in ExceptionKind::ALL {
            assert_eq!(ExceptionKind::from_name(kind.name()), Some(kind));
        }
    }
}
