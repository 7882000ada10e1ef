//! What a log shows of calls: target `ipc`, with the names that OpenTelemetry gives to RPC.
//!
//! Off, it costs a comparison.

use std::fmt::Display;

use tracing::Span;

use crate::{exception::Exception, threads};

/// The span of a call that this side makes.
pub fn client_span(system: &'static str, interface: &'static str, method: &'static str, peer: &dyn Display) -> Span {
    span("client", system, interface, method, peer)
}

/// The span of a call that this side serves.
pub fn server_span(system: &'static str, interface: &'static str, method: &'static str, peer: &dyn Display) -> Span {
    span("server", system, interface, method, peer)
}

fn span(
    kind: &'static str,
    system: &'static str,
    interface: &'static str,
    method: &'static str,
    peer: &dyn Display,
) -> Span {
    if !tracing::enabled!(target: "ipc", tracing::Level::DEBUG) {
        return Span::none();
    }
    tracing::debug_span!(
        target: "ipc",
        "call",
        otel.kind = kind,
        rpc.system = system,
        rpc.service = interface,
        rpc.method = method,
        peer = %peer,
        thread = threads::name(),
    )
}

/// The call is sent, or has come.
pub fn request(span: &Span) {
    if span.is_none() {
        return;
    }
    span.in_scope(|| tracing::debug!(target: "ipc", "request"));
}

/// The call has ended.
pub fn response(span: &Span, outcome: Result<(), &Exception>) {
    if span.is_none() {
        return;
    }
    span.in_scope(|| match outcome {
        Ok(()) => tracing::debug!(target: "ipc", "response"),
        Err(error) => tracing::debug!(target: "ipc", %error, "response"),
    });
}
