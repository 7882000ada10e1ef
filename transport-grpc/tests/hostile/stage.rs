//! A server, an honest client that keeps working, and a hostile one.

use std::{fs, future::poll_fn, os::fd::OwnedFd, sync::Arc, time::Duration};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::{RecvStream, SendStream, client::SendRequest};
use ipc_core::{Connected, Connection, Interface, Options, Stream, Transport};
use prost::Message;
use tokio::net::UnixStream;
use transport_grpc::Grpc;

use crate::{
    messages::{Call, Envelope, Hello, Payload, Thread},
    support::{Init, Root},
};

/// How long an event may take on a busy machine before a test fails instead of hanging.
const WATCHDOG: Duration = Duration::from_secs(120);

/// The method that honest clients without a session call.
pub(crate) const GREET: &str = concat!("/", env!("CARGO_CRATE_NAME"), ".support.Init/Greet");

/// A server with an honest client.
pub(crate) struct Stage {
    pub(crate) root: Arc<Root>,
    honest: Connected<dyn Init>,
    /// The server's end of it.
    _connection: Connection,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let root = Arc::new(Root::default());
        let (ours, theirs) = Stream::pair().unwrap();
        let connection = Grpc::new().accept::<dyn Init>(theirs, root.clone(), Options::default()).unwrap();
        let honest = Grpc::new().connect::<dyn Init>(ours, Options::default()).unwrap();
        Self { root, honest, _connection: connection }
    }

    /// A further connection, and the server's end of it.
    pub(crate) fn connection(&self, options: Options) -> (UnixStream, Connection) {
        let (ours, theirs) = Stream::pair().unwrap();
        let connection = Grpc::new().accept::<dyn Init>(theirs, self.root.clone(), options).unwrap();
        let ours = std::os::unix::net::UnixStream::from(OwnedFd::from(ours));
        ours.set_nonblocking(true).unwrap();
        (UnixStream::from_std(ours).unwrap(), connection)
    }

    /// The honest client is served, with and without a session.
    pub(crate) async fn still_serves(&self) {
        let root = self.honest.root.clone();
        let greeted = tokio::task::spawn_blocking(move || root.greet("Eve".into())).await.unwrap();
        assert_eq!(greeted.unwrap(), "Good day, Eve.");
        let (io, _connection) = self.connection(Options::default());
        let client = crate::support::Client::new(io).await;
        assert_eq!(client.call(GREET, b"\x0a\x03Bob").await.unwrap(), "\x0a\x0eGood day, Bob.");
    }
}

/// Waits for the end of the server's side of a connection, and gives why.
pub(crate) async fn ended(connection: &Connection) -> String {
    let (told, why) = tokio::sync::oneshot::channel();
    connection.on_disconnect(move |exception| drop(told.send(exception.to_string())));
    tokio::time::timeout(WATCHDOG, why).await.expect("the connection ends").unwrap()
}

/// What this process has in memory, in bytes.
pub(crate) fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// A client of HTTP/2 that has nothing of ours, and puts up with as many small pieces as there may be.
pub(crate) async fn http2(io: UnixStream) -> SendRequest<Bytes> {
    let (client, connection) =
        h2::client::Builder::new().data_frame_budget(usize::MAX).handshake::<_, Bytes>(io).await.unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap()
}

/// A gRPC request for this path.
pub(crate) fn request(path: &str) -> http::Request<()> {
    let request = http::Request::post(format!("http://localhost{path}"));
    request.header("content-type", "application/grpc").header("te", "trailers").body(()).unwrap()
}

/// A message with what gRPC has before it.
pub(crate) fn framed(message: &[u8]) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_u8(0);
    bytes.put_u32(message.len() as u32);
    bytes.put(message);
    bytes.freeze()
}

/// A stream of envelopes.
pub(crate) struct Session {
    pub(crate) send: SendStream<Bytes>,
    receive: RecvStream,
    read: BytesMut,
    pub(crate) root: u64,
    _client: SendRequest<Bytes>,
}

impl Session {
    /// Has a `Math` made, by the thread 1.
    pub(crate) async fn make_math(&mut self) -> u64 {
        let make = Call {
            id: 1 << 40,
            object: self.root,
            interface: <dyn Init>::ID,
            ordinal: ordinal("make_math"),
            thread: Some(Thread { key: 1, name: Some("x".into()) }),
            ..Call::default()
        };
        self.send(call(make)).await.unwrap();
        self.next().await.unwrap().answer.unwrap().results.unwrap().objects[0].sender.unwrap()
    }

    /// A stream without a hand-shake of the session.
    pub(crate) async fn bare(io: UnixStream) -> Self {
        let mut client = http2(io).await;
        let (response, send) = client.send_request(request("/ipc.Session/Open"), false).unwrap();
        let receive = response.await.unwrap().into_body();
        Self { send, receive, read: BytesMut::new(), root: 0, _client: client }
    }

    pub(crate) async fn open(io: UnixStream) -> Self {
        let mut session = Self::bare(io).await;
        let hello = Hello {
            version: 1,
            interface: <dyn Init>::ID,
            message_bytes: 1 << 20,
            session: b"of sixteen bytes".into(),
        };
        session.send(Envelope { hello: Some(hello), ..Envelope::default() }).await.unwrap();
        session.root = session.next().await.unwrap().welcome.unwrap().root;
        session
    }

    /// Sends an envelope, as soon as the server has room for it.
    pub(crate) async fn send(&mut self, envelope: Envelope) -> Result<(), h2::Error> {
        self.send_bytes(framed(&envelope.encode_to_vec())).await
    }

    pub(crate) async fn send_bytes(&mut self, mut bytes: Bytes) -> Result<(), h2::Error> {
        while !bytes.is_empty() {
            self.send.reserve_capacity(bytes.len());
            let room = match poll_fn(|context| self.send.poll_capacity(context)).await {
                Some(room) => room?,
                None => return Err(h2::Error::from(h2::Reason::STREAM_CLOSED)),
            };
            let part = bytes.split_to(room.min(bytes.len()));
            self.send.send_data(part, false)?;
        }
        Ok(())
    }

    /// The next envelope of the server's; none at the end, however it comes.
    pub(crate) async fn next(&mut self) -> Option<Envelope> {
        loop {
            if self.read.len() >= 5 {
                let len = u32::from_be_bytes(self.read[1..5].try_into().unwrap()) as usize;
                if self.read.len() >= 5 + len {
                    self.read.advance(5);
                    return Some(Envelope::decode(self.read.split_to(len)).unwrap());
                }
            }
            let data = self.receive.data().await?.ok()?;
            self.receive.flow_control().release_capacity(data.len()).unwrap();
            self.read.extend_from_slice(&data);
        }
    }
}

/// A call of `Init::greet` on the root, by the thread with this key.
pub(crate) fn greet(id: u64, root: u64, key: u64, name: &str) -> Envelope {
    let mut body = vec![0x0a];
    prost::encoding::encode_varint(name.len() as u64, &mut body);
    body.extend_from_slice(name.as_bytes());
    call(Call {
        id,
        object: root,
        interface: <dyn Init>::ID,
        ordinal: ordinal("greet"),
        thread: Some(Thread { key, name: Some("hostile".into()) }),
        args: Some(Payload { body, objects: Vec::new() }),
    })
}

pub(crate) fn call(call: Call) -> Envelope {
    Envelope { call: Some(call), ..Envelope::default() }
}

/// The ordinal of a method of the root's.
pub(crate) fn ordinal(name: &str) -> u32 {
    let method = <dyn Init>::SCHEMA.methods.iter().find(|method| method.name == name);
    method.unwrap().ordinal.into()
}
