//! The side that accepts: one HTTP/2 connection, with at most one session and any number of unary calls.

use std::{
    convert::Infallible,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use ipc_core::Exception;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming, body::Body, server::StreamingService};

use crate::{
    frames::{EnvelopeCodec, messages::Envelope},
    http2 as settings,
    io::{Begun, WriteTimeout},
    session::{ENVELOPE_BYTES, End, LINGER, Line, OPEN, Outgoing, disconnected, lose, read, told},
    unary::Unary,
};

/// Serves a connection until it ends.
pub(crate) async fn run<T>(end: Arc<End>, line: Arc<Line>, unary: Arc<Unary>, io: T, keep_alive: Option<Duration>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let server = Arc::new(Server { end: end.clone(), line: line.clone(), unary, opened: AtomicBool::new(false) });
    let service = service_fn(move |request| {
        let server = server.clone();
        async move { Ok::<_, Infallible>(server.answer(request).await) }
    });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .initial_stream_window_size(settings::STREAM_WINDOW)
        .initial_connection_window_size(settings::CONNECTION_WINDOW)
        .max_concurrent_streams(settings::STREAMS)
        .max_header_list_size(settings::HEADER_BYTES)
        .max_pending_accept_reset_streams(settings::RESETS)
        .max_local_error_reset_streams(settings::RESETS)
        .keep_alive_interval(keep_alive);
    let (io, silence) = Begun::new(WriteTimeout::new(io, keep_alive));
    let mut connection = pin!(builder.serve_connection(TokioIo::new(io), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = line.closed() => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(LINGER, connection).await.unwrap_or(Ok(()))
        }
        () = silence.lasts() => return lose(end, disconnected("the peer connected, and said nothing")).await,
    };
    lose(end, why(ended)).await;
}

fn why(ended: hyper::Result<()>) -> Exception {
    match ended {
        Ok(()) => disconnected("the peer ended the connection"),
        Err(error) => disconnected(format!("the connection failed: {}", told(&error))),
    }
}

struct Server {
    end: Arc<End>,
    line: Arc<Line>,
    unary: Arc<Unary>,
    /// Whether the session was begun.
    opened: AtomicBool,
}

impl Server {
    async fn answer(&self, request: http::Request<Incoming>) -> http::Response<Body> {
        if request.uri().path() != OPEN {
            return self.unary.clone().answer(request).await;
        }
        if self.opened.swap(true, Ordering::AcqRel) {
            return Status::already_exists("this connection has its session: expected another connection").into_http();
        }
        let mut grpc = tonic::server::Grpc::new(EnvelopeCodec).max_decoding_message_size(ENVELOPE_BYTES);
        grpc.streaming(Open { end: self.end.clone(), line: self.line.clone() }, request).await
    }
}

/// Begins the session.
struct Open {
    end: Arc<End>,
    line: Arc<Line>,
}

impl StreamingService<Envelope> for Open {
    type Response = Envelope;
    type ResponseStream = std::pin::Pin<Box<dyn Stream<Item = Result<Envelope, Status>> + Send>>;
    type Future = std::future::Ready<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<Envelope>>) -> Self::Future {
        let (end, line) = (self.end.clone(), self.line.clone());
        let outgoing = Outgoing::new(end.clone(), line.clone(), Bytes::new());
        tokio::spawn(async move {
            let why = read(&end, &line, request.into_inner()).await;
            lose(end, why).await;
        });
        std::future::ready(Ok(Response::new(Box::pin(outgoing.map(Ok)))))
    }
}
