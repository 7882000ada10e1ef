//! The transports that are compiled in, and the choice among them.

use std::sync::Arc;

use ipc_core::{
    Address, Connected, Connection, Endpoint, Exception, ExceptionKind, Interface, Listening, Options, Result, Serving,
    Stream, Transport,
};

/// What an address without a scheme means, as in Bitcoin Core.
const DEFAULT: &str = "capnp";

/// The environment variable that tells a spawned program the scheme of its parent's transport, where it is not the default.
pub(crate) const TRANSPORT: &str = "IPC_TRANSPORT";

/// A transport that is compiled in.
#[derive(Clone, Debug)]
pub(crate) enum Compiled {
    #[cfg(feature = "capnp")]
    Capnp(transport_capnp::Capnp),
    #[cfg(feature = "grpc")]
    Grpc(transport_grpc::Grpc),
    #[cfg(feature = "local")]
    Local(transport_local::Local),
}

impl Compiled {
    /// The transport that the address asks for.
    ///
    /// # Errors
    ///
    /// `Unimplemented` if it is not here; the message says how it would be.
    pub(crate) fn of(address: &Address) -> Result<Self> {
        match (address.scheme(), address.endpoint()) {
            (Some(scheme), _) => Self::named(scheme),
            (None, Endpoint::Local(_)) => Self::named("local"),
            (None, _) => Self::default_transport(),
        }
    }

    /// The same with TLS, if this is an address that asks for it: all others stay as they are.
    #[cfg(feature = "grpc")]
    pub(crate) fn with_client_tls(self, address: &Address, tls: Option<transport_grpc::ClientTls>) -> Self {
        match (self, tls, address.endpoint()) {
            (Self::Grpc(grpc), Some(tls), Endpoint::Tls { .. }) => Self::Grpc(grpc.with_client_tls(tls)),
            (other, ..) => other,
        }
    }

    /// The same for the side that listens.
    #[cfg(feature = "grpc")]
    pub(crate) fn with_server_tls(self, address: &Address, tls: Option<transport_grpc::ServerTls>) -> Self {
        match (self, tls, address.endpoint()) {
            (Self::Grpc(grpc), Some(tls), Endpoint::Tls { .. }) => Self::Grpc(grpc.with_server_tls(tls)),
            (other, ..) => other,
        }
    }

    /// The transport of those who name none.
    ///
    /// # Errors
    ///
    /// As for [`of`](Self::of).
    pub(crate) fn default_transport() -> Result<Self> {
        Self::named(DEFAULT)
    }

    /// The transport with this scheme.
    ///
    /// # Errors
    ///
    /// As for [`of`](Self::of).
    pub(crate) fn named(scheme: &str) -> Result<Self> {
        match scheme {
            #[cfg(feature = "capnp")]
            "capnp" => Ok(Self::Capnp(transport_capnp::Capnp)),
            #[cfg(not(feature = "capnp"))]
            "capnp" => Err(absent(
                "the transport capnp, which addresses without a scheme mean too, is not compiled in: enable the feature \
                 `capnp` of the crate trait-ipc",
            )),
            #[cfg(feature = "grpc")]
            "grpc" => Ok(Self::Grpc(transport_grpc::Grpc::new())),
            #[cfg(not(feature = "grpc"))]
            "grpc" => {
                Err(absent("the transport grpc is not compiled in: enable the feature `grpc` of the crate trait-ipc"))
            }
            #[cfg(feature = "local")]
            "local" => Ok(Self::Local(transport_local::Local::threaded())),
            #[cfg(not(feature = "local"))]
            "local" => {
                Err(absent("the transport local is not compiled in: enable the feature `local` of the crate trait-ipc"))
            }
            _ => Err(absent(format!(
                "no transport has the scheme {scheme:?}: expected one of {}; one of your own goes to `connect_with` or \
                 `serve_with`",
                known()
            ))),
        }
    }
}

fn absent(message: impl Into<String>) -> Exception {
    Exception::new(ExceptionKind::Unimplemented, message)
}

/// The schemes that work here.
fn known() -> String {
    let known: &[&str] = &[
        #[cfg(feature = "capnp")]
        "capnp",
        #[cfg(feature = "grpc")]
        "grpc",
        #[cfg(feature = "local")]
        "local",
    ];
    if known.is_empty() { "none, since no feature of it is enabled".into() } else { known.join(", ") }
}

#[cfg_attr(
    not(any(feature = "capnp", feature = "grpc", feature = "local")),
    allow(unused_variables, reason = "there is nothing to pass them to")
)]
impl Transport for Compiled {
    fn scheme(&self) -> &'static str {
        match *self {
            #[cfg(feature = "capnp")]
            Self::Capnp(ref transport) => transport.scheme(),
            #[cfg(feature = "grpc")]
            Self::Grpc(ref transport) => transport.scheme(),
            #[cfg(feature = "local")]
            Self::Local(ref transport) => transport.scheme(),
        }
    }

    fn connect<I: Interface + ?Sized>(&self, stream: Stream, options: Options) -> Result<Connected<I>> {
        match *self {
            #[cfg(feature = "capnp")]
            Self::Capnp(ref transport) => transport.connect(stream, options),
            #[cfg(feature = "grpc")]
            Self::Grpc(ref transport) => transport.connect(stream, options),
            #[cfg(feature = "local")]
            Self::Local(ref transport) => transport.connect(stream, options),
        }
    }

    fn accept<I: Interface + ?Sized>(&self, stream: Stream, root: Arc<I>, options: Options) -> Result<Connection> {
        match *self {
            #[cfg(feature = "capnp")]
            Self::Capnp(ref transport) => transport.accept(stream, root, options),
            #[cfg(feature = "grpc")]
            Self::Grpc(ref transport) => transport.accept(stream, root, options),
            #[cfg(feature = "local")]
            Self::Local(ref transport) => transport.accept(stream, root, options),
        }
    }

    fn dial<I: Interface + ?Sized>(&self, address: &Address, options: Options) -> Result<Connected<I>> {
        match *self {
            #[cfg(feature = "capnp")]
            Self::Capnp(ref transport) => transport.dial(address, options),
            #[cfg(feature = "grpc")]
            Self::Grpc(ref transport) => transport.dial(address, options),
            #[cfg(feature = "local")]
            Self::Local(ref transport) => transport.dial(address, options),
        }
    }

    fn listen<I: Interface + ?Sized>(
        &self,
        address: &Address,
        root: Arc<I>,
        serving: Serving,
    ) -> Result<Box<dyn Listening>> {
        match *self {
            #[cfg(feature = "capnp")]
            Self::Capnp(ref transport) => transport.listen(address, root, serving),
            #[cfg(feature = "grpc")]
            Self::Grpc(ref transport) => transport.listen(address, root, serving),
            #[cfg(feature = "local")]
            Self::Local(ref transport) => transport.listen(address, root, serving),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(address: &str) -> Exception {
        Compiled::of(&address.parse().unwrap()).unwrap_err()
    }

    #[test]
    fn a_transport_that_is_not_here_is_unimplemented_and_says_why() {
        for (address, why) in [
            #[cfg(not(feature = "grpc"))]
            ("grpc+unix:/x", "enable the feature `grpc`"),
            #[cfg(not(feature = "local"))]
            ("local:node", "enable the feature `local`"),
            ("xyz+tcp:h:1", "no transport has the scheme \"xyz\""),
            ("xyz+unix:/x", "no transport has the scheme \"xyz\""),
        ] {
            let error = error(address);
            assert_eq!(error.kind(), ExceptionKind::Unimplemented);
            assert!(error.message().contains(why), "{error}");
        }
    }

    #[cfg(feature = "local")]
    #[test]
    fn a_name_in_this_process_means_local() {
        assert_eq!(Compiled::of(&"local:node".parse().unwrap()).unwrap().scheme(), "local");
    }

    #[cfg(feature = "capnp")]
    #[test]
    fn an_address_without_a_scheme_means_capnp() {
        for address in ["unix:/x", "tcp:h:1", "unix", "capnp+unix:/x"] {
            assert_eq!(Compiled::of(&address.parse().unwrap()).unwrap().scheme(), "capnp");
        }
    }

    #[cfg(not(feature = "capnp"))]
    #[test]
    fn without_the_feature_the_error_names_it() {
        for address in ["unix:/x", "capnp+unix:/x"] {
            assert!(error(address).message().contains("feature `capnp`"));
        }
    }
}
