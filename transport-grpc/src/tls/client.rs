//! The side that connects.

use std::{fmt, net::IpAddr, path::Path, sync::Arc};

use ipc_core::{Exception, ExceptionKind, Result};
use tokio::time::timeout;
use tokio_rustls::{
    TlsConnector, client,
    rustls::{ClientConfig, crypto::ring, pki_types::ServerName},
};

use super::{PATIENCE, failed, pem::Pem, refused, too_slow};
use crate::io::Plain;

/// How this side proves who it is, and whom it trusts, on connections that it makes.
#[derive(Clone)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
    name: Option<ServerName<'static>>,
}

impl ClientTls {
    /// Trusts servers whose certificates these authorities, in PEM, have signed, and that these certificates name: by the
    /// host that an address names, or else [`for_host`](Self::for_host). With an identity, a certificate chain and its
    /// key, both in PEM, a server can know this side too.
    ///
    /// # Errors
    ///
    /// `Protocol` if something is not what it should be; the message says what.
    pub fn new(authorities: &[u8], identity: Option<(&[u8], &[u8])>) -> Result<Self> {
        let identity = identity
            .map(|(chain, key)| (Pem::given("the certificate chain", chain), Pem::given("the private key", key)));
        Self::made(&Pem::given("the authorities", authorities), identity)
    }

    /// The same, from files.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new), also if a file can't be read.
    pub fn from_files(authorities: &Path, identity: Option<(&Path, &Path)>) -> Result<Self> {
        let identity = match identity {
            Some((chain, key)) => Some((Pem::read(chain)?, Pem::read(key)?)),
            None => None,
        };
        Self::made(&Pem::read(authorities)?, identity)
    }

    /// Trusts servers of this name, a host name or an IP address, whatever an address says.
    ///
    /// # Errors
    ///
    /// `Protocol` if it is neither.
    pub fn for_host(self, name: &str) -> Result<Self> {
        let parsed = ServerName::try_from(name.to_owned());
        let name = parsed.map_err(|error| refused(format!("{name:?} is no name of a host"), error))?;
        Ok(Self { name: Some(name), ..self })
    }

    /// For this host, unless there is a name already.
    pub(super) fn for_host_or(self, name: &str) -> Result<Self> {
        if self.name.is_some() { Ok(self) } else { self.for_host(name) }
    }

    pub(crate) async fn connect(self, io: Plain) -> Result<(client::TlsStream<Plain>, http::Uri)> {
        let name = self.name.ok_or_else(|| {
            let message = "TLS over this stream needs the name of the server's host: expected ClientTls::for_host";
            Exception::new(ExceptionKind::Protocol, message)
        })?;
        let authority = match &name {
            ServerName::DnsName(name) => name.as_ref().to_owned(),
            ServerName::IpAddress(address) => match IpAddr::from(*address) {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => format!("[{address}]"),
            },
            _ => "localhost".to_owned(),
        };
        let origin = format!("https://{authority}").parse().map_err(|error| refused("no name of a host", error))?;
        let made = timeout(PATIENCE, TlsConnector::from(self.config).connect(name, io)).await;
        match made {
            Ok(Ok(stream)) => Ok((stream, origin)),
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(too_slow()),
        }
    }

    fn made(authorities: &Pem, identity: Option<(Pem, Pem)>) -> Result<Self> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| refused("no TLS", error))?
            .with_root_certificates(authorities.authorities()?);
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder
                .with_client_auth_cert(chain.certificates()?, key.private_key()?)
                .map_err(|error| refused("the certificate and its key do not go together", error))?,
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self { config: Arc::new(config), name: None })
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").field("name", &self.name).finish_non_exhaustive()
    }
}
