//! Exceptions as the wire words them.
//!
//! A handler's exception travels as `FAILED` with `std::exception: <Kind>: <message>`, as libmultiprocess words those of
//! C++. What this layer itself has to say travels with the RPC exception type that fits, or as `FAILED` with
//! `ipc exception: <Kind>: <message>`, which no handler can word.

use capnp::ErrorKind;
use ipc_core::{Exception, ExceptionKind};

const REMOTE: &str = "remote exception: ";
const STD: &str = "std::exception: ";
const IPC: &str = "ipc exception: ";

/// What capnp-rpc is told when the connection is lost.
pub(crate) const LOST: &str = "the connection is lost";

/// A handler's exception.
pub(crate) fn from_handler(exception: &Exception) -> capnp::Error {
    capnp::Error::failed(format!("{STD}{}: {}", exception.kind(), exception.call_and_message()))
}

/// What this layer has to say of a call of the peer.
pub(crate) fn from_layer(exception: &Exception) -> capnp::Error {
    match exception.kind() {
        ExceptionKind::Unimplemented => capnp::Error::unimplemented(exception.message().to_owned()),
        ExceptionKind::Overloaded => capnp::Error::overloaded(exception.message().to_owned()),
        kind => capnp::Error::failed(format!("{IPC}{kind}: {}", exception.message())),
    }
}

/// What late calls back get, whose caller has given up.
pub(crate) fn cancelled() -> capnp::Error {
    from_layer(&Exception::new(
        ExceptionKind::Cancelled,
        "the caller no longer waits for the call that this belongs to",
    ))
}

/// What a call that failed with `error` ends with. `lost` says why the connection was lost, if it was.
pub(crate) fn to_exception(error: &capnp::Error, lost: Option<&Exception>) -> Exception {
    let Some(reason) = error.extra.strip_prefix(REMOTE) else {
        return match lost {
            Some(lost) => interrupted(lost),
            None => match error.kind {
                ErrorKind::Disconnected => Exception::new(ExceptionKind::Interrupted, error.extra.clone()),
                ErrorKind::Unimplemented => Exception::new(ExceptionKind::Unimplemented, error.extra.clone()),
                _ => Exception::new(ExceptionKind::Protocol, error.to_string()),
            },
        };
    };
    match error.kind {
        ErrorKind::Unimplemented => return Exception::new(ExceptionKind::Unimplemented, reason),
        ErrorKind::Overloaded => return Exception::new(ExceptionKind::Overloaded, reason),
        _ => {}
    }
    if let Some((kind, message)) = reason.strip_prefix(IPC).and_then(parse) {
        return Exception::new(kind, message);
    }
    match reason.strip_prefix(STD) {
        None => Exception::new(ExceptionKind::Remote, reason),
        Some(what) => match parse(what) {
            Some((kind, message)) => Exception::new(kind, message).into_remote(),
            None => Exception::new(ExceptionKind::Remote, what),
        },
    }
}

/// Why the connection is lost when capnp-rpc gives it up.
pub(crate) fn given_up(error: &capnp::Error) -> Exception {
    match (error.extra.strip_prefix(REMOTE), error.kind) {
        (Some(reason), _) => {
            Exception::new(ExceptionKind::Disconnected, format!("the peer gave the connection up: {reason}"))
        }
        (None, ErrorKind::Disconnected) => Exception::new(ExceptionKind::Disconnected, "the connection ended"),
        (None, _) => Exception::new(ExceptionKind::Protocol, format!("the peer broke the protocol: {error}")),
    }
}

/// What a call in flight ends with when the connection is lost.
pub(crate) fn interrupted(lost: &Exception) -> Exception {
    let message = format!("the call was in flight, and may have run, when {}", lost.message());
    Exception::new(ExceptionKind::Interrupted, message).with_source(lost.clone())
}

fn parse(text: &str) -> Option<(ExceptionKind, &str)> {
    let (kind, message) = text.split_once(": ")?;
    Some((ExceptionKind::from_name(kind)?, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn across(error: capnp::Error) -> Exception {
        to_exception(&capnp::Error { extra: format!("{REMOTE}{}", error.extra), kind: error.kind }, None)
    }

    #[test]
    fn a_handlers_exception_arrives_as_remote_whatever_its_kind() {
        for kind in ExceptionKind::ALL {
            let e = Exception::new(kind, "why: because").in_call("Chain", "tip");
            let arrived = across(from_handler(&e));
            assert_eq!(arrived.kind(), ExceptionKind::Remote);
            let source = arrived.remote().unwrap();
            assert_eq!((source.kind(), source.message()), (kind, "Chain.tip: why: because"));
        }
    }

    #[test]
    fn the_layers_own_keep_their_kind() {
        for kind in [ExceptionKind::Unimplemented, ExceptionKind::Overloaded, ExceptionKind::Cancelled] {
            assert_eq!(across(from_layer(&Exception::new(kind, "why"))), Exception::new(kind, "why"));
        }
        let forged = Exception::new(ExceptionKind::Remote, "ipc exception: Cancelled: no");
        assert_eq!(across(from_handler(&forged)).kind(), ExceptionKind::Remote);
    }

    #[test]
    fn a_cpp_exception_arrives_with_its_text() {
        let arrived = across(capnp::Error::failed("std::exception: bad block".into()));
        assert_eq!((arrived.kind(), arrived.message()), (ExceptionKind::Remote, "bad block"));
    }
}
