//! The session's frames as messages, and back.

use std::time::Duration;

use bytes::Bytes;
use ipc_core::{
    Exception, ExceptionKind, Result,
    session::frame::{self, CallId, Frame, ObjectId, ThreadKey},
};

use super::messages::{self as wire, Content, Envelope};

/// The longest text of a failure that is sent, in bytes: longer ones are cut.
pub(crate) const FAILURE_BYTES: usize = 4 << 20;

impl Envelope {
    /// A frame; a client's first carries the session's number.
    pub(crate) fn of(frame: Frame, session: &Bytes) -> Self {
        let content = match frame {
            Frame::Hello(hello) => Content::Hello(wire::Hello {
                version: hello.version,
                interface: hello.interface,
                message_bytes: hello.message_bytes,
                session: session.clone(),
            }),
            Frame::Welcome(welcome) => {
                Content::Welcome(wire::Welcome { root: welcome.root.0, message_bytes: welcome.message_bytes })
            }
            Frame::Refuse(failure) => Content::Refuse(failure.into()),
            Frame::Call(call) => Content::Call(wire::Call {
                id: call.id.0,
                object: call.object.0,
                interface: call.interface,
                ordinal: call.ordinal.into(),
                on: call.on.map(|target| match target {
                    frame::Target::Worker { thread, name } => {
                        wire::CallOn::Thread(wire::Thread { key: thread.0, name })
                    }
                    frame::Target::Waiting(call) => wire::CallOn::Waiting(call.0),
                }),
                deadline_nanos: call.deadline.map(|left| u64::try_from(left.as_nanos()).unwrap_or(u64::MAX)),
                args: Some(call.args.into()),
            }),
            Frame::Destroy(destroy) => Content::Destroy(wire::Destroy {
                id: destroy.id.0,
                object: destroy.object.0,
                count: destroy.count,
                on: Some(match destroy.on {
                    frame::Target::Worker { thread, name } => {
                        wire::DestroyOn::Thread(wire::Thread { key: thread.0, name })
                    }
                    frame::Target::Waiting(call) => wire::DestroyOn::Waiting(call.0),
                }),
            }),
            Frame::Return(answer) => Content::Return(wire::Return {
                call: answer.call.0,
                outcome: Some(match answer.outcome {
                    frame::CallOutcome::Results(payload) => wire::Outcome::Results(payload.into()),
                    frame::CallOutcome::Error(payload) => wire::Outcome::Error(payload.into()),
                    frame::CallOutcome::Thrown(failure) => wire::Outcome::Thrown(failure.into()),
                    frame::CallOutcome::Refused(failure) => wire::Outcome::Refused(failure.into()),
                }),
            }),
            Frame::Release { object, count } => Content::Release(wire::Release { object: object.0, count }),
            Frame::Cancel { call } => Content::Cancel(wire::Cancel { call: call.0 }),
            Frame::End { thread } => Content::ThreadEnd(wire::ThreadEnd { thread: thread.0 }),
            Frame::Ping { token } => Content::Ping(wire::Ping { token }),
            Frame::Pong { token } => Content::Pong(wire::Ping { token }),
            Frame::Close { reason } => Content::Close(wire::Close { reason: cut(reason) }),
        };
        Self { content: Some(content) }
    }

    /// The frame.
    ///
    /// # Errors
    ///
    /// `Protocol` if it is none.
    pub(crate) fn into_frame(self) -> Result<Frame> {
        Ok(match self.content.ok_or_else(|| missing("content in an envelope"))? {
            Content::Hello(hello) => Frame::Hello(frame::Hello {
                version: hello.version,
                interface: hello.interface,
                message_bytes: hello.message_bytes,
            }),
            Content::Welcome(welcome) => {
                Frame::Welcome(frame::Welcome { root: ObjectId(welcome.root), message_bytes: welcome.message_bytes })
            }
            Content::Refuse(failure) => Frame::Refuse(failure.into()),
            Content::Call(call) => Frame::Call(frame::Call {
                id: CallId(call.id),
                object: ObjectId(call.object),
                interface: call.interface,
                ordinal: u16::try_from(call.ordinal).map_err(|_| missing("an ordinal of 16 bits in a call"))?,
                on: call.on.map(|on| match on {
                    wire::CallOn::Thread(thread) => thread.into(),
                    wire::CallOn::Waiting(call) => frame::Target::Waiting(CallId(call)),
                }),
                deadline: call.deadline_nanos.map(Duration::from_nanos),
                args: call.args.unwrap_or_default().try_into()?,
            }),
            Content::Destroy(destroy) => Frame::Destroy(frame::Destroy {
                id: CallId(destroy.id),
                object: ObjectId(destroy.object),
                count: destroy.count,
                on: match destroy.on.ok_or_else(|| missing("a thread in a Destroy"))? {
                    wire::DestroyOn::Thread(thread) => thread.into(),
                    wire::DestroyOn::Waiting(call) => frame::Target::Waiting(CallId(call)),
                },
            }),
            Content::Return(answer) => Frame::Return(frame::Return {
                call: CallId(answer.call),
                outcome: match answer.outcome.ok_or_else(|| missing("an outcome in a Return"))? {
                    wire::Outcome::Results(payload) => frame::CallOutcome::Results(payload.try_into()?),
                    wire::Outcome::Error(payload) => frame::CallOutcome::Error(payload.try_into()?),
                    wire::Outcome::Thrown(failure) => frame::CallOutcome::Thrown(failure.into()),
                    wire::Outcome::Refused(failure) => frame::CallOutcome::Refused(failure.into()),
                },
            }),
            Content::Release(release) => Frame::Release { object: ObjectId(release.object), count: release.count },
            Content::Cancel(cancel) => Frame::Cancel { call: CallId(cancel.call) },
            Content::ThreadEnd(end) => Frame::End { thread: ThreadKey(end.thread) },
            Content::Ping(ping) => Frame::Ping { token: ping.token },
            Content::Pong(ping) => Frame::Pong { token: ping.token },
            Content::Close(close) => Frame::Close { reason: close.reason },
            Content::Chunk(_) => return Err(missing("a whole envelope, and not a chunk of a chunk")),
        })
    }
}

fn missing(what: &str) -> Exception {
    Exception::new(ExceptionKind::Protocol, format!("expected {what}"))
}

/// Cuts a text that is too long, between two characters.
fn cut(mut text: String) -> String {
    if text.len() > FAILURE_BYTES {
        let end = (0..=FAILURE_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
    }
    text
}

impl From<wire::Thread> for frame::Target {
    fn from(thread: wire::Thread) -> Self {
        Self::Worker { thread: ThreadKey(thread.key), name: thread.name }
    }
}

impl From<frame::Payload> for wire::Payload {
    fn from(payload: frame::Payload) -> Self {
        let objects = payload.objects.into_iter().map(|object| wire::ObjectRef {
            of: Some(match object {
                frame::ObjectRef::Sender(id) => wire::ObjectOf::Sender(id.0),
                frame::ObjectRef::Receiver(id) => wire::ObjectOf::Receiver(id.0),
            }),
        });
        Self { body: payload.body, objects: objects.collect() }
    }
}

impl TryFrom<wire::Payload> for frame::Payload {
    type Error = Exception;

    fn try_from(payload: wire::Payload) -> Result<Self> {
        let objects = payload.objects.into_iter().map(|object| match object.of {
            Some(wire::ObjectOf::Sender(id)) => Ok(frame::ObjectRef::Sender(ObjectId(id))),
            Some(wire::ObjectOf::Receiver(id)) => Ok(frame::ObjectRef::Receiver(ObjectId(id))),
            None => Err(missing("an id in the reference to an object")),
        });
        Ok(Self { body: payload.body, objects: objects.collect::<Result<_>>()? })
    }
}

impl From<frame::Failure> for wire::Failure {
    fn from(failure: frame::Failure) -> Self {
        let position = ExceptionKind::ALL.iter().position(|kind| *kind == failure.kind);
        Self { kind: position.map_or(0, |position| position as i32 + 1), message: cut(failure.message) }
    }
}

impl From<wire::Failure> for frame::Failure {
    fn from(failure: wire::Failure) -> Self {
        let position = usize::try_from(failure.kind).ok().and_then(|number| number.checked_sub(1));
        let kind = position.and_then(|position| ExceptionKind::ALL.get(position)).copied();
        Self { kind: kind.unwrap_or(ExceptionKind::Remote), message: failure.message }
    }
}
