//! The side that connects.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::Uri;
use http::uri::PathAndQuery;
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use ipc_core::Exception;
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::{Request, Status, body::Body, client::Grpc};
use tower_service::Service;

use super::{
    ENVELOPE_BYTES, End, LINGER, Line, OPEN, Outgoing, disconnected, lose, read,
    reader::{lingered, of_status, told},
};
use crate::{frames::EnvelopeCodec, http2 as settings};

/// Moves the frames of a client's end over a connection until it ends.
pub(crate) async fn run<T>(end: Arc<End>, line: Arc<Line>, io: T, origin: Uri, keep_alive: Option<Duration>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .initial_stream_window_size(settings::STREAM_WINDOW)
        .initial_connection_window_size(settings::CONNECTION_WINDOW)
        .max_header_list_size(settings::HEADER_BYTES)
        .keep_alive_interval(keep_alive)
        .keep_alive_while_idle(true)
        // A session is one stream; whoever offers it is not to be offered another.
        .max_concurrent_streams(0);
    let (sender, connection) = match builder.handshake::<_, Body>(TokioIo::new(io)).await {
        Ok(made) => made,
        Err(error) => return lose(end, disconnected(format!("no HTTP/2 connection: {error}"))).await,
    };
    let mut connection = tokio::spawn(connection);
    let (mut why, mut is_over) = converse(&end, &line, sender, origin).await;
    if is_over {
        // The stream knows only that; the connection knows why.
        if let Ok(Ok(Err(error))) = tokio::time::timeout(LINGER, &mut connection).await {
            why = disconnected(format!("the connection failed: {}", told(&error)));
        } else {
            is_over = connection.is_finished();
        }
    }
    lose(end, why).await;
    // Its last frames are on their way; a peer that does not take them is not waited for.
    if !is_over && tokio::time::timeout(LINGER, &mut connection).await.is_err() {
        connection.abort();
    }
}

/// Opens the stream, and reads until it ends. Gives why, and whether that is for the connection to say.
async fn converse(
    end: &Arc<End>,
    line: &Arc<Line>,
    sender: http2::SendRequest<Body>,
    origin: Uri,
) -> (Exception, bool) {
    let session = match session_number() {
        Ok(session) => session,
        Err(error) => return (disconnected(format!("no random number for the session: {error}")), false),
    };
    let mut grpc = Grpc::with_origin(Sender(sender), origin).max_decoding_message_size(ENVELOPE_BYTES);
    let outgoing = Outgoing::new(end.clone(), line.clone(), session);
    let opened = tokio::select! {
        opened = grpc.streaming(Request::new(outgoing), PathAndQuery::from_static(OPEN), EnvelopeCodec) => opened,
        () = lingered(line) => return (disconnected("closed before the peer answered"), false),
    };
    match opened {
        Ok(response) => (read(end, line, response.into_inner()).await, false),
        Err(status) => (of_status(&status), is_over(&status)),
    }
}

/// Whether a request failed because its connection has.
fn is_over(status: &Status) -> bool {
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        if error.downcast_ref::<hyper::Error>().is_some_and(|error| error.is_canceled() || error.is_closed()) {
            return true;
        }
        source = error.source();
    }
    false
}

/// 128 random bits: a session is never taken for another one.
fn session_number() -> Result<Bytes, getrandom::Error> {
    let mut number = [0; 16];
    getrandom::fill(&mut number)?;
    Ok(Bytes::copy_from_slice(&number))
}

/// One connection, and no other when it is lost: a session does not survive its stream.
struct Sender(http2::SendRequest<Body>);

impl Service<http::Request<Body>> for Sender {
    type Response = http::Response<Incoming>;
    type Error = hyper::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, hyper::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(self.0.send_request(request))
    }
}
