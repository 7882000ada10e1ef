//! What comes in.

use std::{pin::pin, sync::Arc};

use ipc_core::{Exception, ExceptionKind};
use tonic::{Code, Status, Streaming};

use super::{End, LINGER, Line};
use crate::frames::{Whole, messages::Envelope};

/// Reads until the peer's half of the stream ends, or some time after ours has. Gives why.
pub(crate) async fn read(end: &Arc<End>, line: &Line, mut stream: Streaming<Envelope>) -> Exception {
    let mut whole = Whole::new(end.limits());
    let mut over = pin!(lingered(line));
    loop {
        let envelope = tokio::select! {
            biased;
            envelope = stream.message() => envelope,
            () = &mut over => return disconnected("the peer does not end its half of the stream"),
        };
        match envelope {
            Ok(Some(envelope)) => match whole.take(envelope) {
                Ok(Some(frame)) => {
                    if let Err(error) = line.received(&frame, end.outbox(), end.limits()) {
                        return error;
                    }
                    end.receive(frame).run();
                }
                Ok(None) => {}
                Err(error) => return error,
            },
            Ok(None) => {
                if end.lost().is_some() {
                    // The peer has said all that it has to say, and may still read why this side ended it.
                    tokio::select! {
                        () = line.sent() => {}
                        () = &mut over => {}
                    }
                }
                return disconnected("the peer ended the stream");
            }
            Err(status) => return of_status(&status),
        }
    }
}

/// Waits until nothing more will be sent, and a while longer.
pub(super) async fn lingered(line: &Line) {
    line.closed().await;
    tokio::time::sleep(LINGER).await;
}

/// Notes the loss of a connection, away from the event loop: it may wait for the end of the peer's process.
pub(crate) async fn lose(end: Arc<End>, why: Exception) {
    if end.lost().is_some() && end.outbox().is_closed() {
        end.lose(why);
        return;
    }
    let told = tokio::task::spawn_blocking(move || end.lose(why)).await;
    if let Err(error) = told {
        tracing::error!(target: "ipc", %error, "the loss of a connection was not noted");
    }
}

pub(crate) fn disconnected(why: impl Into<String>) -> Exception {
    Exception::new(ExceptionKind::Disconnected, why)
}

/// Why a stream failed.
pub(super) fn of_status(status: &Status) -> Exception {
    let kind = match status.code() {
        Code::Unimplemented => ExceptionKind::Unimplemented,
        Code::AlreadyExists => ExceptionKind::Overloaded,
        // Tonic's, for an envelope that is none or too large; what HTTP/2 reports has a source.
        Code::Internal | Code::OutOfRange | Code::InvalidArgument if std::error::Error::source(status).is_none() => {
            ExceptionKind::Protocol
        }
        _ => ExceptionKind::Disconnected,
    };
    let mut message = status.message().to_owned();
    if message.is_empty() {
        message = status.code().description().to_owned();
    }
    if let Some(error) = std::error::Error::source(status) {
        message = format!("{message}: {}", told(error));
    }
    Exception::new(kind, format!("the stream failed: {message}"))
}

/// An error and its causes.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        message = format!("{message}: {error}");
        source = error.source();
    }
    message
}
