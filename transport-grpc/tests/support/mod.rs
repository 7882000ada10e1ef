//! A gRPC client that knows nothing of sessions, and what it calls.
#![allow(dead_code, reason = "each test file uses a part")]

use std::{
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use bytes::{Buf, BufMut, Bytes};
use http::uri::PathAndQuery;
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ipc_core::{Exception, Result};
use ipc_macros::{Value, interface};
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::{
    Code, Request, Status,
    body::Body,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};

/// The root.
#[interface(bootstrap)]
pub(crate) trait Init: Send + Sync {
    fn make_math(&self) -> Result<Arc<dyn Math>>;
    fn greet(&self, name: String) -> Result<String>;
    fn lend(&self, math: Arc<dyn Math>) -> Result<u32>;
    fn find(&self, name: String) -> Result<Arc<dyn Hidden>>;
}

#[interface]
pub(crate) trait Hidden: Send + Sync {
    fn peek(&self) -> Result<u32>;
}

#[interface]
pub(crate) trait Math: Send + Sync {
    fn add(&self, a: u32, b: u8) -> Result<u32>;
    fn divide(&self, a: u32, b: u32) -> Result<u32, MathError>;
    fn complain(&self, about: String) -> Result<(), MathError>;
    fn panics(&self) -> Result<()>;
    fn wait(&self) -> Result<()>;
    /// Waits until nobody waits for it.
    fn outlast(&self) -> Result<()>;
}

#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) enum MathError {
    DivisionByZero {
        of: u32,
    },
    About(String),
    #[value(exception)]
    Ipc(Exception),
}

impl From<Exception> for MathError {
    fn from(exception: Exception) -> Self {
        Self::Ipc(exception)
    }
}

#[derive(Default)]
pub(crate) struct Root {
    pub(crate) made: Mutex<u32>,
    pub(crate) gate: Arc<Gate>,
}

/// Holds calls until it is opened.
#[derive(Default)]
pub(crate) struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    pub(crate) fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    fn pass(&self) {
        let open = self.open.lock().unwrap();
        drop(self.opened.wait_while(open, |open| !*open).unwrap());
    }
}

impl Init for Root {
    fn make_math(&self) -> Result<Arc<dyn Math>> {
        *self.made.lock().unwrap() += 1;
        Ok(Arc::new(Calculator(self.gate.clone())))
    }

    fn greet(&self, name: String) -> Result<String> {
        Ok(format!("Good day, {name}."))
    }

    fn lend(&self, math: Arc<dyn Math>) -> Result<u32> {
        math.add(1, 1)
    }

    fn find(&self, name: String) -> Result<Arc<dyn Hidden>> {
        Err(Exception::new(ipc_core::ExceptionKind::Remote, format!("no {name}")))
    }
}

struct Calculator(Arc<Gate>);

impl Math for Calculator {
    fn add(&self, a: u32, b: u8) -> Result<u32> {
        Ok(a + u32::from(b))
    }

    fn divide(&self, a: u32, b: u32) -> Result<u32, MathError> {
        a.checked_div(b).ok_or(MathError::DivisionByZero { of: a })
    }

    fn complain(&self, about: String) -> Result<(), MathError> {
        Err(MathError::About(about))
    }

    fn panics(&self) -> Result<()> {
        panic!("on purpose")
    }

    fn wait(&self) -> Result<()> {
        self.0.pass();
        Ok(())
    }

    fn outlast(&self) -> Result<()> {
        let (gone, goes) = std::sync::mpsc::channel();
        let caller = ipc_core::caller();
        let _woken = caller.on_gone(move || gone.send(()).unwrap());
        goes.recv().unwrap();
        assert!(caller.is_gone());
        self.0.open();
        Ok(())
    }
}

/// Calls unary methods with bytes.
pub(crate) struct Client {
    sender: http2::SendRequest<Body>,
}

impl Client {
    pub(crate) async fn new<T: AsyncRead + AsyncWrite + Unpin + Send + 'static>(io: T) -> Self {
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(io)).await.unwrap();
        tokio::spawn(connection);
        Self { sender }
    }

    pub(crate) async fn call(&self, path: &'static str, request: &[u8]) -> std::result::Result<Bytes, Status> {
        self.call_within(path, request, None).await
    }

    pub(crate) async fn call_within(
        &self,
        path: &'static str,
        request: &[u8],
        timeout: Option<Duration>,
    ) -> std::result::Result<Bytes, Status> {
        let mut request = Request::new(Bytes::copy_from_slice(request));
        if let Some(timeout) = timeout {
            request.set_timeout(timeout);
        }
        let mut grpc = Grpc::with_origin(Sender(self.sender.clone()), http::Uri::from_static("http://localhost"));
        let answered = grpc.unary(request, PathAndQuery::from_static(path), Raw).await;
        answered.map(tonic::Response::into_inner)
    }

    pub(crate) async fn code(&self, path: &'static str, request: &[u8]) -> (Code, String) {
        let status = self.call(path, request).await.unwrap_err();
        (status.code(), status.message().to_owned())
    }
}

struct Sender(http2::SendRequest<Body>);

impl tower_service::Service<http::Request<Body>> for Sender {
    type Response = http::Response<Incoming>;
    type Error = hyper::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = std::result::Result<Self::Response, hyper::Error>> + Send>>;

    fn poll_ready(
        &mut self,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::result::Result<(), hyper::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(self.0.send_request(request))
    }
}

/// Bytes as they are.
#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, bytes: Bytes, into: &mut EncodeBuf<'_>) -> std::result::Result<(), Status> {
        into.put(bytes);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> std::result::Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
