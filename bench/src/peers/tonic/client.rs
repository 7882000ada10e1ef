//! The caller's side, async.

use std::{
    future::{Future, ready},
    path::Path,
};

use futures::StreamExt as _;
use ipc_core::Result;
use tokio::{runtime::Runtime, sync::mpsc};
use tonic::{
    Streaming,
    transport::{Channel, Endpoint},
};

use super::generated::{
    AddRequest, Bytes, Empty, Handle, Length, Number, Start, StepRequest, Talk, talk::What, work_client::WorkClient,
};
use crate::{
    client::{AsyncWork, failed, spawned},
    work::{Item, Twenty, received, received_list},
};

/// A client; a clone is another handle on the same connection.
#[derive(Clone)]
pub(super) struct Remote {
    client: WorkClient<Channel>,
    runtime: &'static Runtime,
}

spawned!(Remote);

impl Remote {
    pub(super) async fn connect(path: &Path, runtime: &'static Runtime) -> Result<Self> {
        let endpoint = Endpoint::from_shared(format!("unix:{}", path.display())).map_err(failed)?;
        let client = WorkClient::new(endpoint.connect().await.map_err(failed)?)
            .max_decoding_message_size(usize::MAX)
            .max_encoding_message_size(usize::MAX);
        Ok(Self { client, runtime })
    }

    /// A handle that can call: the generated methods want it for themselves.
    fn client(&self) -> WorkClient<Channel> {
        self.client.clone()
    }

    /// Opens a stream for a call with callbacks.
    pub(super) async fn talk(&self, depth: u32) -> Result<Conversation> {
        let (say, mut said) = mpsc::channel(1);
        say.send(Talk { what: Some(What::Nested(depth)) }).await.map_err(failed)?;
        let said = futures::stream::poll_fn(move |context| said.poll_recv(context));
        let hear = self.client().nested(said).await.map_err(failed)?.into_inner();
        Ok(Conversation { say, hear })
    }

    /// Has numbers answered by a task.
    pub(super) async fn answer<F: Future<Output = Option<u32>> + Send>(
        &self,
        answer: impl Fn(u32) -> F + Send + 'static,
    ) -> Result<()> {
        let (say, mut said) = mpsc::channel(1);
        let said = futures::stream::poll_fn(move |context| said.poll_recv(context));
        let mut numbers = self.client().store(said).await.map_err(failed)?.into_inner();
        self.runtime.spawn(async move {
            while let Some(Ok(Number { number })) = numbers.next().await {
                let Some(number) = answer(number).await else { break };
                if say.send(Number { number }).await.is_err() {
                    break;
                }
            }
        });
        Ok(())
    }

    /// All of a list, as the program's own.
    pub(super) async fn items(&self) -> Result<Vec<Item>> {
        let items = self.client().list(Empty {}).await.map_err(failed)?.into_inner().items;
        let item = |item: super::generated::Item| Item {
            id: item.id,
            time: item.time,
            amount: item.amount,
            height: item.height,
            spent: item.spent,
        };
        Ok(items.into_iter().map(item).collect())
    }

    /// Sends a struct and gives back the one that comes.
    pub(super) async fn echo(&self, value: Twenty) -> Result<Twenty> {
        Ok(self.client().echo(super::generated::Twenty::from(value)).await.map_err(failed)?.into_inner().into())
    }

    /// Sends bytes, which are not copied; gives back how many arrived.
    pub(super) async fn send(&self, bytes: Vec<u8>) -> Result<usize> {
        let reply = self.client().argument(Bytes { bytes: bytes.into() }).await;
        Ok(reply.map_err(failed)?.into_inner().length as usize)
    }

    /// So many bytes.
    pub(super) async fn bytes(&self, length: usize) -> Result<bytes::Bytes> {
        let reply = self.client().result(Length { length: length as u64 }).await;
        Ok(reply.map_err(failed)?.into_inner().bytes)
    }
}

/// A call with callbacks.
pub(super) struct Conversation {
    say: mpsc::Sender<Talk>,
    hear: Streaming<Talk>,
}

impl Conversation {
    /// What the server says next.
    pub(super) async fn hear(&mut self) -> Result<What> {
        let talk = self.hear.message().await.map_err(failed)?;
        talk.and_then(|talk| talk.what).ok_or_else(|| failed("the server said nothing"))
    }

    /// Answers it.
    pub(super) async fn say(&self, what: What) -> Result<()> {
        self.say.send(Talk { what: Some(what) }).await.map_err(failed)
    }
}

impl AsyncWork for Remote {
    type Object = Object;

    async fn empty(&self) -> Result<()> {
        self.client().nothing(Empty {}).await.map_err(failed).map(drop)
    }

    async fn add(&self, a: i32, b: i32) -> Result<i32> {
        Ok(self.client().add(AddRequest { a, b }).await.map_err(failed)?.into_inner().sum)
    }

    async fn twenty(&self, value: &Twenty) -> Result<Twenty> {
        self.echo(value.clone()).await
    }

    async fn result(&self, length: usize) -> Result<usize> {
        Ok(received(&self.bytes(length).await?))
    }

    async fn argument(&self, bytes: &[u8]) -> Result<usize> {
        self.send(bytes.to_vec()).await
    }

    async fn list(&self) -> Result<usize> {
        Ok(received_list(&self.items().await?))
    }

    async fn nested(&self, depth: u32) -> Result<u32> {
        let mut conversation = self.talk(depth).await?;
        // The callbacks that wait for an answer of the server's.
        let mut waiting = 0;
        loop {
            match conversation.hear().await? {
                What::Nested(depth) if depth <= 1 => conversation.say(What::Answer(depth)).await?,
                What::Nested(depth) => {
                    waiting += 1;
                    conversation.say(What::Nested(depth - 1)).await?;
                }
                What::Answer(called) if waiting == 0 => return Ok(called),
                What::Answer(called) => {
                    waiting -= 1;
                    conversation.say(What::Answer(1 + called)).await?;
                }
            }
        }
    }

    async fn store(&self) -> Result<()> {
        self.answer(|x| ready(Some(x + 1))).await
    }

    async fn fire(&self, x: u32) -> Result<u32> {
        Ok(self.client().fire(Number { number: x }).await.map_err(failed)?.into_inner().number)
    }

    async fn create(&self, start: i64) -> Result<Object> {
        let id = self.client().create(Start { value: start }).await.map_err(failed)?.into_inner().id;
        Ok(Object { id, remote: self.clone() })
    }

    async fn step(&self, object: &Object, by: i64) -> Result<i64> {
        let request = StepRequest { id: object.id, by };
        Ok(self.client().step(request).await.map_err(failed)?.into_inner().value)
    }
}

/// An object of the server, released when it is dropped.
pub(super) struct Object {
    id: u64,
    remote: Remote,
}

impl Drop for Object {
    fn drop(&mut self) {
        let (id, mut client) = (self.id, self.remote.client());
        // A drop cannot wait for an answer.
        self.remote.runtime.spawn(async move { client.release(Handle { id }).await });
    }
}
