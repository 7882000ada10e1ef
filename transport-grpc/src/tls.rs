//! TLS, with rustls.

use std::{fmt, sync::Arc, time::Duration};

use ipc_core::{Exception, ExceptionKind, Result};
use tokio::time::timeout;
use tokio_rustls::{
    TlsAcceptor, TlsConnector, client, rustls,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
        server::WebPkiClientVerifier,
    },
    server,
};

use crate::io::Plain;

/// How long a hand-shake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How this side proves who it is, and whom it trusts, on connections that it makes.
#[derive(Clone)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

/// How this side proves who it is, and whom it trusts, on connections that it accepts.
#[derive(Clone)]
pub struct ServerTls(Arc<ServerConfig>);

impl ClientTls {
    /// Trusts servers of this name (a host name or an IP address) whose certificates these authorities, in PEM, have signed.
    /// With an identity, a certificate chain and its key, both in PEM, a server can know this side too.
    ///
    /// # Errors
    ///
    /// `Protocol` if something is not what it should be; the message says what.
    pub fn new(name: &str, authorities: &[u8], identity: Option<(&[u8], &[u8])>) -> Result<Self> {
        let parsed = ServerName::try_from(name.to_owned());
        let name = parsed.map_err(|error| refused(format!("{name:?} is no name of a host"), error))?;
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| refused("no TLS", error))?
            .with_root_certificates(roots(authorities)?);
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder
                .with_client_auth_cert(certificates(chain)?, private_key(key)?)
                .map_err(|error| refused("the certificate and its key do not go together", error))?,
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self { config: Arc::new(config), name })
    }

    pub(crate) async fn connect(self, io: Plain) -> Result<(client::TlsStream<Plain>, http::Uri)> {
        let authority = match &self.name {
            ServerName::DnsName(name) => name.as_ref().to_owned(),
            ServerName::IpAddress(address) => match std::net::IpAddr::from(*address) {
                std::net::IpAddr::V4(address) => address.to_string(),
                std::net::IpAddr::V6(address) => format!("[{address}]"),
            },
            _ => "localhost".to_owned(),
        };
        let origin = format!("https://{authority}").parse().map_err(|error| refused("no name of a host", error))?;
        let made = timeout(PATIENCE, TlsConnector::from(self.config).connect(self.name, io)).await;
        match made {
            Ok(Ok(stream)) => Ok((stream, origin)),
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(too_slow()),
        }
    }
}

impl ServerTls {
    /// Proves who this side is by a certificate chain and its key, both in PEM. With authorities, in PEM, it accepts only
    /// clients whose certificates these have signed.
    ///
    /// # Errors
    ///
    /// `Protocol` if something is not what it should be; the message says what.
    pub fn new(chain: &[u8], key: &[u8], authorities: Option<&[u8]>) -> Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| refused("no TLS", error))?;
        let builder = match authorities {
            None => builder.with_no_client_auth(),
            Some(authorities) => {
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(authorities)?), provider)
                    .build()
                    .map_err(|error| refused("no client can be known by these authorities", error))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder
            .with_single_cert(certificates(chain)?, private_key(key)?)
            .map_err(|error| refused("the certificate and its key do not go together", error))?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    pub(crate) async fn accept(self, io: Plain) -> Result<server::TlsStream<Plain>> {
        match timeout(PATIENCE, TlsAcceptor::from(self.0).accept(io)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(too_slow()),
        }
    }
}

fn roots(pem: &[u8]) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(pem)? {
        store.add(certificate).map_err(|error| refused("expected the certificate of an authority", error))?;
    }
    Ok(store)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if all.is_empty() => Err(Exception::new(ExceptionKind::Protocol, "expected a certificate in PEM")),
        Ok(all) => Ok(all),
        Err(error) => Err(refused("expected certificates in PEM", error)),
    }
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| refused("expected a private key in PEM", error))
}

fn refused(what: impl fmt::Display, error: impl std::error::Error + Send + Sync + 'static) -> Exception {
    Exception::new(ExceptionKind::Protocol, format!("{what}: {error}")).with_source(error)
}

fn failed(error: std::io::Error) -> Exception {
    Exception::new(ExceptionKind::Disconnected, format!("the TLS hand-shake failed: {error}")).with_source(error)
}

fn too_slow() -> Exception {
    Exception::new(ExceptionKind::Disconnected, "the TLS hand-shake took too long")
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").finish_non_exhaustive()
    }
}
