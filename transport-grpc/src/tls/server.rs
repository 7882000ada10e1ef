//! The side that accepts.

use std::{fmt, path::Path, sync::Arc};

use ipc_core::Result;
use tokio::time::timeout;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, server::WebPkiClientVerifier},
    server,
};

use super::{PATIENCE, failed, pem::Pem, refused, too_slow};
use crate::io::Plain;

/// How this side proves who it is, and whom it trusts, on connections that it accepts.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    knows_clients: bool,
}

impl ServerTls {
    /// Proves who this side is by a certificate chain and its key, both in PEM. With authorities, in PEM, it accepts only
    /// clients whose certificates these have signed.
    ///
    /// # Errors
    ///
    /// `Protocol` if something is not what it should be; the message says what.
    pub fn new(chain: &[u8], key: &[u8], authorities: Option<&[u8]>) -> Result<Self> {
        let authorities = authorities.map(|authorities| Pem::given("the authorities", authorities));
        let (chain, key) = (Pem::given("the certificate chain", chain), Pem::given("the private key", key));
        Self::made(&chain, &key, authorities.as_ref())
    }

    /// The same, from files.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new), also if a file can't be read.
    pub fn from_files(chain: &Path, key: &Path, authorities: Option<&Path>) -> Result<Self> {
        let authorities = authorities.map(Pem::read).transpose()?;
        Self::made(&Pem::read(chain)?, &Pem::read(key)?, authorities.as_ref())
    }

    /// Whether clients are let in only by their certificates.
    pub(super) fn knows_clients(&self) -> bool {
        self.knows_clients
    }

    pub(crate) async fn accept(self, io: Plain) -> Result<server::TlsStream<Plain>> {
        match timeout(PATIENCE, TlsAcceptor::from(self.config).accept(io)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(too_slow()),
        }
    }

    fn made(chain: &Pem, key: &Pem, authorities: Option<&Pem>) -> Result<Self> {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| refused("no TLS", error))?;
        let builder = match authorities {
            None => builder.with_no_client_auth(),
            Some(authorities) => {
                let roots = Arc::new(authorities.authorities()?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider)
                    .build()
                    .map_err(|error| refused("no client can be known by these authorities", error))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder
            .with_single_cert(chain.certificates()?, key.private_key()?)
            .map_err(|error| refused("the certificate and its key do not go together", error))?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self { config: Arc::new(config), knows_clients: authorities.is_some() })
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").field("knows_clients", &self.knows_clients).finish_non_exhaustive()
    }
}
