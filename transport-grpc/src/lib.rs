//! gRPC as a transport.
//!
//! Our own client opens a session, the one bidirectional stream of a connection, on which the whole contract holds:
//! `ipc_core::session` is its state machine, `frames` puts it on the wire, and PROTOCOL.md describes it for other languages.
//! Everybody else calls typed unary services, derived from the same traits and served by the same objects: `unary`.

mod codec;
mod encoding;
mod frames;
mod http2;
mod io;
pub mod proto;
mod runtime;
mod server;
mod session;
mod tls;
mod unary;

use std::sync::Arc;

use ipc_core::{
    Address, Connected, Connection, Endpoint, Interface, Listening, Options, Result, Serving, Stream, Transport,
    at_socket,
};

/// For measurements in other crates. No stable interface.
#[doc(hidden)]
pub use codec::Protobuf;
pub use tls::{ClientTls, ServerTls};

use self::{
    codec::SYSTEM,
    session::{End, Line, Wakeup},
    unary::{Unary, UnaryLink},
};

/// The gRPC transport; its scheme is `grpc`.
#[derive(Clone, Debug, Default)]
pub struct Grpc {
    client_tls: Option<ClientTls>,
    server_tls: Option<ServerTls>,
}

impl Grpc {
    /// Without TLS.
    pub fn new() -> Self {
        Self::default()
    }

    /// With TLS on the connections that this side makes, also to addresses that do not ask for it.
    #[must_use]
    pub fn with_client_tls(self, tls: ClientTls) -> Self {
        Self { client_tls: Some(tls), ..self }
    }

    /// With TLS on the connections that this side accepts, also at addresses that do not ask for it.
    #[must_use]
    pub fn with_server_tls(self, tls: ServerTls) -> Self {
        Self { server_tls: Some(tls), ..self }
    }
}

impl Transport for Grpc {
    fn scheme(&self) -> &'static str {
        SYSTEM
    }

    fn connect<I: Interface + ?Sized>(&self, stream: Stream, options: Options) -> Result<Connected<I>> {
        let handle = runtime::handle()?;
        let _context = handle.enter();
        let (line, peer) = (Line::new(), stream.peer().to_string());
        let keep_alive = stream.is_tcp().then_some(http2::KEEP_ALIVE);
        let options = session::with_exit(&stream, options);
        let io = io::Plain::new(stream)?;
        let end = End::client(Protobuf, peer, options, |end| Wakeup::new(&line, end));
        handle.spawn(connect(self.client_tls.clone(), end.clone(), line, io, keep_alive));
        end.connect()
    }

    fn accept<I: Interface + ?Sized>(&self, stream: Stream, root: Arc<I>, options: Options) -> Result<Connection> {
        let handle = runtime::handle()?;
        let _context = handle.enter();
        let (line, peer) = (Line::new(), stream.peer().to_string());
        let keep_alive = stream.is_tcp().then_some(http2::KEEP_ALIVE);
        let options = session::with_exit(&stream, options);
        let io = io::Plain::new(stream)?;
        let unary = Unary::new(&root, peer.clone(), options.limits.clone());
        let (end, connection) = End::server(Protobuf, peer, &root, options, |end| Wakeup::new(&line, end));
        handle.spawn(accept(self.server_tls.clone(), end, line, unary.clone(), io, keep_alive));
        Ok(Connection::new(Arc::new(UnaryLink::new(connection, unary))))
    }

    fn dial<I: Interface + ?Sized>(&self, address: &Address, options: Options) -> Result<Connected<I>> {
        match address.endpoint() {
            Endpoint::Tls { host, port } => tls::dial(self.client_tls.clone(), (host, *port), options),
            _ => self.connect(Stream::connect(address)?, options),
        }
    }

    fn listen<I: Interface + ?Sized>(
        &self,
        address: &Address,
        root: Arc<I>,
        serving: Serving,
    ) -> Result<Box<dyn Listening>> {
        match address.endpoint() {
            Endpoint::Tls { host, port } => tls::listen(self.server_tls.clone(), (host, *port), root, serving),
            _ => at_socket(self, address, root, serving),
        }
    }
}

type KeepAlive = Option<std::time::Duration>;

async fn connect(tls: Option<ClientTls>, end: Arc<End>, line: Arc<Line>, io: io::Plain, keep_alive: KeepAlive) {
    // What stands for a host where none is named; it means nothing to a unix socket.
    let plain = http::Uri::from_static("http://localhost");
    let Some(tls) = tls else { return session::client::run(end, line, io, plain, keep_alive).await };
    let made = tokio::select! {
        made = tls.connect(io) => made,
        () = line.closed() => Err(session::disconnected("closed before the TLS hand-shake was done")),
    };
    match made {
        Ok((io, origin)) => session::client::run(end, line, io, origin, keep_alive).await,
        Err(error) => session::lose(end, error).await,
    }
}

async fn accept(
    tls: Option<ServerTls>,
    end: Arc<End>,
    line: Arc<Line>,
    unary: Arc<Unary>,
    io: io::Plain,
    keep_alive: KeepAlive,
) {
    let Some(tls) = tls else { return server::run(end, line, unary, io, keep_alive).await };
    let made = tokio::select! {
        made = tls.accept(io) => made,
        () = line.closed() => Err(session::disconnected("closed before the TLS hand-shake was done")),
    };
    match made {
        Ok(io) => server::run(end, line, unary, io, keep_alive).await,
        Err(error) => session::lose(end, error).await,
    }
}
