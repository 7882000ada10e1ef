//! How to serve.

use std::{num::NonZeroUsize, sync::Arc};

use ipc_core::{BindOptions, Endpoint, Interface, Limits, Options, Result, Serving, Transport};

use super::{Server, connections::Connections};
use crate::{
    address::{IntoAddress, check_scheme},
    compiled::Compiled,
};

/// As many as a small service meets; each costs a descriptor, and a thread for each client thread.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// How to serve, where the defaults don't do.
#[derive(Clone, Debug)]
#[must_use]
pub struct ServerOptions {
    options: Options,
    bind: BindOptions,
    connections: NonZeroUsize,
    #[cfg(feature = "grpc")]
    tls: Option<transport_grpc::ServerTls>,
}

impl ServerOptions {
    /// The defaults: peers of the same user, on this host, at most 256 at a time.
    pub fn new() -> Self {
        Self {
            options: Options::default(),
            bind: BindOptions::new(),
            connections: CONNECTIONS,
            #[cfg(feature = "grpc")]
            tls: None,
        }
    }

    /// Bounds on what each peer can make this side hold.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
        self
    }

    /// Who may connect.
    pub fn bind(mut self, bind: BindOptions) -> Self {
        self.bind = bind;
        self
    }

    /// How many connections there may be at a time. Further peers wait in the operating system's backlog.
    pub fn max_connections(mut self, most: NonZeroUsize) -> Self {
        self.connections = most;
        self
    }

    /// Who this side is at addresses `grpc+tls:HOST:PORT`, and whom it lets in there. It means nothing to others. If clients
    /// have to prove who they are, the address may be one that other hosts reach.
    #[cfg(feature = "grpc")]
    pub fn tls(mut self, tls: transport_grpc::ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Whether the root is a plain object of the wire's protocol, without this project's hand-shake.
    pub fn plain(mut self, plain: bool) -> Self {
        self.options.plain = plain;
        self
    }

    /// As [`serve`](crate::serve).
    ///
    /// # Errors
    ///
    /// As for [`serve`](crate::serve).
    pub fn serve<I: Interface + ?Sized>(self, address: impl IntoAddress, root: Arc<I>) -> Result<Server> {
        let address = address.into_address()?;
        let transport = Compiled::of(&address)?;
        #[cfg(feature = "grpc")]
        let transport = transport.with_server_tls(&address, self.tls.clone());
        self.serve_with(&transport, address, root)
    }

    /// As [`serve_with`](crate::serve_with).
    ///
    /// # Errors
    ///
    /// As for [`serve`](crate::serve).
    pub fn serve_with<T: Transport + Clone, I: Interface + ?Sized>(
        self,
        transport: &T,
        address: impl IntoAddress,
        root: Arc<I>,
    ) -> Result<Server> {
        let address = address.into_address()?;
        check_scheme(&address, transport)?;
        let connections = Arc::new(Connections::default());
        let accepted = {
            let connections = Arc::clone(&connections);
            Arc::new(move |connection, slot| connections.add(connection, slot))
        };
        let serving = Serving { options: self.options, bind: self.bind, connections: self.connections, accepted };
        let accepting = transport.listen(&address, root, serving)?;
        let address = match accepting.address().endpoint() {
            // A name has no scheme.
            Endpoint::Local(_) => accepting.address().clone(),
            _ => accepting.address().clone().with_scheme(transport.scheme())?,
        };
        Ok(Server { address, accepting: Some(accepting), connections })
    }
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self::new()
    }
}
