//! Exceptions and errors as statuses, as gRPC's status code guide has them.

use bytes::Bytes;
use ipc_core::{Exception, ExceptionKind, value::Type};
use prost::Message;
use tonic::{Code, Status};

use crate::{
    encoding::wire::{self, Content, Malformed},
    proto::error_type,
};

/// The most details that a status carries, in bytes: it travels in headers.
pub(super) const DETAIL_BYTES: usize = 4096;

/// What this side has to say of a call.
pub(super) fn of(exception: &Exception) -> Status {
    let is_malformed = std::error::Error::source(exception).is_some_and(|source| source.is::<Malformed>());
    let code = match exception.kind() {
        ExceptionKind::Disconnected | ExceptionKind::Interrupted => Code::Unavailable,
        ExceptionKind::DeadlineExceeded => Code::DeadlineExceeded,
        ExceptionKind::Cancelled => Code::Cancelled,
        ExceptionKind::Overloaded | ExceptionKind::TooLarge => Code::ResourceExhausted,
        ExceptionKind::Unimplemented => Code::Unimplemented,
        // The guide has INTERNAL for a request that is no message, and this for one that makes no sense.
        ExceptionKind::Protocol if !is_malformed => Code::InvalidArgument,
        ExceptionKind::Protocol => Code::Internal,
        _ => Code::Unknown,
    };
    Status::new(code, short(exception.to_string()))
}

/// What a handler threw: an exception of another connection or of its own says nothing about this one.
pub(super) fn thrown(exception: &Exception) -> Status {
    Status::unknown(short(exception.to_string()))
}

/// A handler's error, of the type that its method declares, as [`encode_value`](crate::encoding::encode_value) wrote it.
pub(super) fn error(ty: &Type, package: &str, encoded: &[u8]) -> Status {
    let name = error_type(ty, package);
    let value = match ty {
        // It is a message itself; the one around it is left out.
        Type::Named(..) => inner(encoded),
        _ => encoded,
    };
    let message = format!("the method failed with {name}");
    let detail = Any { type_url: format!("type.googleapis.com/{name}"), value: Bytes::copy_from_slice(value) };
    let details = RpcStatus { code: Code::Unknown as i32, message: message.clone(), details: vec![detail] };
    let details = details.encode_to_vec();
    if details.len() > DETAIL_BYTES {
        let message = format!("{message}, whose {} bytes are more than a status may carry", details.len());
        return Status::unknown(message);
    }
    Status::with_details(Code::Unknown, message, details.into())
}

/// The content of field number 1.
fn inner(mut encoded: &[u8]) -> &[u8] {
    match wire::next(&mut encoded) {
        Ok(Some(wire::Raw { content: Content::Bytes(bytes), .. })) => bytes,
        _ => &[],
    }
}

/// Headers are short.
fn short(mut text: String) -> String {
    if text.len() > DETAIL_BYTES {
        let end = (0..=DETAIL_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
    text
}

/// `google.rpc.Status`
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "bytes", tag = "2")]
    value: Bytes,
}
