//! The side that connects.

use std::sync::Arc;

use ipc_core::{Connected, Interface, Limits, Options, Result, Spawn, Transport};

use crate::{
    address::{IntoAddress, check_scheme},
    compiled::{Compiled, TRANSPORT},
    spawn::{self, Spawned},
};

/// Connects to whoever serves at an address, and gives its root object.
///
/// The connection lives as long as the root or any other object that came over it.
///
/// ```no_run
/// # #[ipc::interface(bootstrap)] pub trait Init: Send + Sync {}
/// # use std::sync::Arc;
/// let init: Arc<dyn Init> = ipc::connect("capnp+unix:/run/node.sock")?;
/// # Ok::<(), ipc::Exception>(())
/// ```
///
/// # Errors
///
/// `Protocol` if the address is none, or needs TLS without [`ClientOptions`] that have it; `Unimplemented` if nothing here
/// speaks its scheme; `Disconnected` if nobody is there, the peer does not prove who it is, or goes before the first call.
pub fn connect<I: Interface + ?Sized>(address: impl IntoAddress) -> Result<Arc<I>> {
    Ok(open(address)?.root)
}

/// [`connect`] over a transport that this crate need not know.
///
/// # Errors
///
/// As for [`connect`].
pub fn connect_with<T: Transport, I: Interface + ?Sized>(transport: &T, address: impl IntoAddress) -> Result<Arc<I>> {
    Ok(open_with(transport, address)?.root)
}

/// [`connect`] that gives the [`Connection`](ipc_core::Connection) as well: to close it, or to be told of its end.
///
/// # Errors
///
/// As for [`connect`].
pub fn open<I: Interface + ?Sized>(address: impl IntoAddress) -> Result<Connected<I>> {
    ClientOptions::new().open(address)
}

/// [`open`] over a transport that this crate need not know.
///
/// # Errors
///
/// As for [`connect`].
pub fn open_with<T: Transport, I: Interface + ?Sized>(
    transport: &T,
    address: impl IntoAddress,
) -> Result<Connected<I>> {
    ClientOptions::new().open_with(transport, address)
}

/// How to connect, where the defaults don't do.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ClientOptions {
    options: Options,
    scheme: Option<String>,
    #[cfg(feature = "grpc")]
    tls: Option<transport_grpc::ClientTls>,
}

impl ClientOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bounds on what the peer can make this side hold.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
        self
    }

    /// Whether the peer's root is a plain object of the wire's protocol, without this project's hand-shake; for Cap'n
    /// Proto, any capability. Calls then carry no thread.
    pub fn plain(mut self, plain: bool) -> Self {
        self.options.plain = plain;
        self
    }

    /// Whom to trust at addresses `grpc+tls:HOST:PORT`, and who this side is there. It means nothing to others.
    #[cfg(feature = "grpc")]
    pub fn tls(mut self, tls: transport_grpc::ClientTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The scheme of the transport that a program is spawned with, where it is not the default one.
    ///
    /// The program learns it by the environment variable `IPC_TRANSPORT`, which [`Parent::serve`](crate::Parent::serve)
    /// heeds.
    pub fn transport(mut self, scheme: impl Into<String>) -> Self {
        self.scheme = Some(scheme.into());
        self
    }

    /// As [`open`].
    ///
    /// # Errors
    ///
    /// As for [`connect`].
    pub fn open<I: Interface + ?Sized>(self, address: impl IntoAddress) -> Result<Connected<I>> {
        let address = address.into_address()?;
        let transport = Compiled::of(&address)?;
        #[cfg(feature = "grpc")]
        let transport = transport.with_client_tls(&address, self.tls.clone());
        self.open_with(&transport, address)
    }

    /// As [`open_with`].
    ///
    /// # Errors
    ///
    /// As for [`connect`].
    pub fn open_with<T: Transport, I: Interface + ?Sized>(
        self,
        transport: &T,
        address: impl IntoAddress,
    ) -> Result<Connected<I>> {
        let address = address.into_address()?;
        check_scheme(&address, transport)?;
        transport.dial(&address, self.options)
    }

    /// As [`spawn`](crate::spawn()).
    ///
    /// # Errors
    ///
    /// As for [`spawn`](crate::spawn()).
    pub fn spawn<I: Interface + ?Sized>(self, program: Spawn) -> Result<Spawned<I>> {
        match self.scheme.clone() {
            Some(scheme) => self.spawn_with(&Compiled::named(&scheme)?, program.env(TRANSPORT, scheme)),
            None => self.spawn_with(&Compiled::default_transport()?, program.env_remove(TRANSPORT)),
        }
    }

    /// As [`spawn_with`](crate::spawn_with).
    ///
    /// # Errors
    ///
    /// As for [`spawn`](crate::spawn()).
    pub fn spawn_with<T: Transport, I: Interface + ?Sized>(self, transport: &T, program: Spawn) -> Result<Spawned<I>> {
        spawn::start(transport, program, self.options)
    }
}
