//! The server's side.

use std::{
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex},
};

use futures::{Stream, StreamExt as _};
use ipc_core::Result;
use tokio::{
    net::UnixListener,
    runtime,
    sync::{Mutex as AsyncMutex, mpsc},
};
use tonic::{Request, Response, Status, Streaming, transport::Server as Transport};

use super::generated::{
    AddReply, AddRequest, Bytes, Empty, Handle, Items, Length, Number, Start, StepReply, StepRequest, Talk, Twenty,
    work_server::{Work, WorkServer},
};
use crate::{
    client::failed,
    process::Ready,
    work::{Registry, list, payload, received},
};

/// Where handlers run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Handlers {
    /// In the task of their request.
    Inline,
    /// On threads where they may block.
    Blocking,
}

pub(super) async fn serve(path: &Path, ready: Ready, handlers: Handlers) -> Result<()> {
    let listener = UnixListener::bind(path).map_err(failed)?;
    ready.listening()?;
    let incoming = futures::stream::unfold(listener, |listener| async move {
        let accepted = listener.accept().await.map(|(stream, _)| stream);
        Some((accepted, listener))
    });
    let state = State { handlers, objects: Registry::default(), stored: Mutex::default() };
    let work = WorkServer::from_arc(Arc::new(Server(Arc::new(state))))
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    Transport::builder().add_service(work).serve_with_incoming(incoming).await.map_err(failed)
}

struct Server(Arc<State>);

struct State {
    handlers: Handlers,
    objects: Registry,
    stored: Mutex<Option<Arc<Stored>>>,
}

/// A client that waits for numbers.
struct Stored {
    numbers: mpsc::Sender<std::result::Result<Number, Status>>,
    /// A number and its answer belong together.
    answers: AsyncMutex<Streaming<Number>>,
}

type Reply<T> = std::result::Result<Response<T>, Status>;

type Replies<T> = Pin<Box<dyn Stream<Item = std::result::Result<T, Status>> + Send>>;

/// What is sent there.
fn stream<T: Send + 'static>(mut receiver: mpsc::Receiver<std::result::Result<T, Status>>) -> Replies<T> {
    Box::pin(futures::stream::poll_fn(move |context| receiver.poll_recv(context)))
}

impl Server {
    /// Runs a handler.
    async fn handle<T: Send + 'static>(&self, handler: impl FnOnce(&State) -> T + Send + 'static) -> Reply<T> {
        let state = self.0.clone();
        match state.handlers {
            Handlers::Inline => Ok(Response::new(handler(&state))),
            Handlers::Blocking => tokio::task::spawn_blocking(move || Response::new(handler(&state)))
                .await
                .map_err(|e| Status::internal(e.to_string())),
        }
    }
}

#[tonic::async_trait]
impl Work for Server {
    async fn nothing(&self, _: Request<Empty>) -> Reply<Empty> {
        self.handle(|_| Empty {}).await
    }

    async fn add(&self, request: Request<AddRequest>) -> Reply<AddReply> {
        let AddRequest { a, b } = request.into_inner();
        self.handle(move |_| AddReply { sum: a.wrapping_add(b) }).await
    }

    async fn echo(&self, request: Request<Twenty>) -> Reply<Twenty> {
        // The handler has a struct of the program's own, as everybody else's has.
        self.handle(move |_| Twenty::from(crate::work::Twenty::from(request.into_inner()))).await
    }

    async fn result(&self, request: Request<Length>) -> Reply<Bytes> {
        self.handle(move |_| Bytes { bytes: payload(request.into_inner().length as usize).into() }).await
    }

    async fn argument(&self, request: Request<Bytes>) -> Reply<Length> {
        self.handle(move |_| Length { length: received(&request.into_inner().bytes) as u64 }).await
    }

    async fn list(&self, _: Request<Empty>) -> Reply<Items> {
        self.handle(|_| Items { items: list().iter().map(Into::into).collect() }).await
    }

    type NestedStream = Replies<Talk>;

    /// The client's question is the server's next one, and its answer to that the server's.
    async fn nested(&self, request: Request<Streaming<Talk>>) -> Reply<Self::NestedStream> {
        let mut heard = request.into_inner();
        match self.0.handlers {
            Handlers::Inline => Ok(Response::new(Box::pin(heard.map(|talk| Ok(Talk { what: talk?.what }))))),
            Handlers::Blocking => {
                let (say, said) = mpsc::channel(1);
                let handler = move || {
                    let runtime = runtime::Handle::current();
                    while let Some(talk) = runtime.block_on(heard.message()).transpose() {
                        if say.blocking_send(talk).is_err() {
                            // The client is gone.
                            break;
                        }
                    }
                };
                tokio::task::spawn_blocking(handler);
                Ok(Response::new(stream(said)))
            }
        }
    }

    type StoreStream = Replies<Number>;

    async fn store(&self, request: Request<Streaming<Number>>) -> Reply<Self::StoreStream> {
        let (numbers, receiver) = mpsc::channel(1);
        let stored = Stored { numbers, answers: AsyncMutex::new(request.into_inner()) };
        *self.0.stored.lock().unwrap_or_else(|e| e.into_inner()) = Some(Arc::new(stored));
        Ok(Response::new(stream(receiver)))
    }

    async fn fire(&self, request: Request<Number>) -> Reply<Number> {
        let stored = self.0.stored.lock().unwrap_or_else(|e| e.into_inner()).clone();
        let stored = stored.ok_or_else(|| Status::failed_precondition("there is no stored callback"))?;
        let ask = async move {
            let mut answers = stored.answers.lock().await;
            let sent = stored.numbers.send(Ok(request.into_inner())).await;
            sent.map_err(|_| Status::cancelled("the client is gone"))?;
            answers.message().await?.ok_or_else(|| Status::cancelled("the client is gone"))
        };
        let other = match self.0.handlers {
            Handlers::Inline => tokio::spawn(ask).await,
            Handlers::Blocking => {
                let runtime = runtime::Handle::current();
                let other = move || runtime::Handle::current().block_on(ask);
                let handler = move || runtime.block_on(runtime.spawn_blocking(other));
                tokio::task::spawn_blocking(handler).await.flatten()
            }
        };
        other.map_err(|e| Status::internal(e.to_string()))?.map(Response::new)
    }

    async fn create(&self, request: Request<Start>) -> Reply<Handle> {
        self.handle(move |state| Handle { id: state.objects.create(request.into_inner().value) }).await
    }

    async fn step(&self, request: Request<StepRequest>) -> Reply<StepReply> {
        let StepRequest { id, by } = request.into_inner();
        let value = self.handle(move |state| state.objects.step(id, by)).await?.into_inner();
        let value = value.ok_or_else(|| Status::not_found("there is no such object"))?;
        Ok(Response::new(StepReply { value }))
    }

    async fn release(&self, request: Request<Handle>) -> Reply<Empty> {
        self.handle(move |state| {
            state.objects.release(request.into_inner().id);
            Empty {}
        })
        .await
    }
}
