//! Addresses `grpc+tls:HOST:PORT`: a TCP socket, and TLS on what comes over it.

use std::sync::Arc;

use ipc_core::{
    Address, Connected, Endpoint, Exception, ExceptionKind, Interface, Listening, Options, Result, Serving, Stream,
    Transport, at_socket,
};

use super::{ClientTls, ServerTls};
use crate::Grpc;

/// Connects to a host that proves to be the one that the address names.
pub(crate) fn dial<I: Interface + ?Sized>(
    tls: Option<ClientTls>,
    (host, port): (&str, u16),
    options: Options,
) -> Result<Connected<I>> {
    let tls = tls.ok_or_else(|| {
        missing(host, port, "whom to trust: expected ClientTls, by ClientOptions::tls or Grpc::with_client_tls")
    })?;
    let grpc = Grpc::new().with_client_tls(tls.for_host_or(host)?);
    grpc.connect(Stream::connect(&Address::tcp(host, port)?)?, options)
}

/// Serves at a TCP socket. It may be open to other hosts if their users prove who they are.
pub(crate) fn listen<I: Interface + ?Sized>(
    tls: Option<ServerTls>,
    (host, port): (&str, u16),
    root: Arc<I>,
    mut serving: Serving,
) -> Result<Box<dyn Listening>> {
    let tls = tls.ok_or_else(|| {
        missing(host, port, "a certificate: expected ServerTls, by ServerOptions::tls or Grpc::with_server_tls")
    })?;
    if tls.knows_clients() {
        serving.bind = serving.bind.other_hosts();
    }
    let listening = at_socket(&Grpc::new().with_server_tls(tls), &Address::tcp(host, port)?, root, serving)?;
    // By the name that the certificate has, so that whoever is given the address can connect.
    let port = match listening.address().endpoint() {
        Endpoint::Tcp { port, .. } => *port,
        _ => port,
    };
    Ok(Box::new(Secured { address: Address::tls(host, port)?, listening }))
}

fn missing(host: &str, port: u16, what: &str) -> Exception {
    let address = Address::tls(host, port).map(|address| address.to_string()).unwrap_or_default();
    Exception::new(ExceptionKind::Protocol, format!("grpc+{address} needs {what}"))
}

struct Secured {
    address: Address,
    listening: Box<dyn Listening>,
}

impl Listening for Secured {
    fn address(&self) -> &Address {
        &self.address
    }

    fn stop(self: Box<Self>) -> Result<()> {
        self.listening.stop()
    }
}
