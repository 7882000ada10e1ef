//! TLS, as the command line has it.

use std::path::{Path, PathBuf};

use clap::Args;
use ipc::{Address, ClientOptions, ClientTls, Endpoint, ServerTls};

use crate::Failure;

/// The files that addresses with TLS need.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TlsArgs {
    /// The certificate that this process shows at addresses grpc+tls:HOST:PORT, in PEM, with those that lead to its authority.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The private key of that certificate, in PEM.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// The certificates of the authorities that the other side's certificate must come from, in PEM. A node that is given
    /// none lets in clients without a certificate.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) tls_ca: Option<PathBuf>,
}

impl TlsArgs {
    /// For a process that listens at these addresses: nothing if none has TLS.
    ///
    /// # Errors
    ///
    /// If a file is missing, is not what it should be, or is not needed.
    pub(crate) fn server(&self, addresses: &[Address]) -> Result<Option<ServerTls>, Failure> {
        let Some(address) = self.needed_by(addresses)? else { return Ok(None) };
        match self.identity()? {
            Some((chain, key)) => Ok(Some(ServerTls::from_files(chain, key, self.tls_ca.as_deref())?)),
            None => Err(format!("{address} needs a certificate: expected --tls-cert FILE and --tls-key FILE").into()),
        }
    }

    /// For a process that connects to this address, or to none.
    ///
    /// # Errors
    ///
    /// As for [`server`](Self::server).
    pub(crate) fn options(&self, address: Option<&Address>) -> Result<ClientOptions, Failure> {
        let Some(address) = self.needed_by(address)? else { return Ok(ClientOptions::new()) };
        match &self.tls_ca {
            Some(authorities) => {
                let tls = ClientTls::from_files(authorities, self.identity()?)?;
                Ok(ClientOptions::new().tls(tls))
            }
            None => Err(format!(
                "{address} needs to know whom to trust: expected --tls-ca FILE, the certificate of the authority that \
                 signed the node's"
            )
            .into()),
        }
    }

    /// The first address with TLS, if there is one.
    fn needed_by<'a>(&self, addresses: impl IntoIterator<Item = &'a Address>) -> Result<Option<&'a Address>, Failure> {
        let found = addresses.into_iter().find(|address| matches!(address.endpoint(), Endpoint::Tls { .. }));
        let given = self.tls_cert.is_some() || self.tls_key.is_some() || self.tls_ca.is_some();
        if found.is_none() && given {
            return Err(
                "--tls-cert, --tls-key and --tls-ca are for addresses with TLS: expected one, grpc+tls:HOST:PORT"
                    .into(),
            );
        }
        Ok(found)
    }

    fn identity(&self) -> Result<Option<(&Path, &Path)>, Failure> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(chain), Some(key)) => Ok(Some((chain, key))),
            (None, None) => Ok(None),
            (Some(_), None) => Err("--tls-cert FILE needs its key: expected --tls-key FILE".into()),
            (None, Some(_)) => Err("--tls-key FILE needs its certificate: expected --tls-cert FILE".into()),
        }
    }
}
