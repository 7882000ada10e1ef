//! Certificates and keys, as text or in files.

use std::{fs, path::Path};

use ipc_core::{Exception, ExceptionKind, Result};
use tokio_rustls::rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use super::refused;

/// Something in PEM, and where it is from: for messages.
pub(super) struct Pem {
    bytes: Vec<u8>,
    from: String,
}

impl Pem {
    /// What the program has; `from` says what it is taken for.
    pub(super) fn given(from: &str, bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_owned(), from: from.to_owned() }
    }

    /// What a file holds.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let from = path.display().to_string();
        let bytes = fs::read(path).map_err(|error| refused(format!("cannot read {from}"), error))?;
        Ok(Self { bytes, from })
    }

    /// One certificate or more.
    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>> {
        let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.bytes).collect();
        match all {
            Ok(all) if all.is_empty() => {
                Err(Exception::new(ExceptionKind::Protocol, format!("{}: expected a certificate in PEM", self.from)))
            }
            Ok(all) => Ok(all),
            Err(error) => Err(refused(format!("{}: expected certificates in PEM", self.from), error)),
        }
    }

    pub(super) fn private_key(&self) -> Result<PrivateKeyDer<'static>> {
        PrivateKeyDer::from_pem_slice(&self.bytes)
            .map_err(|error| refused(format!("{}: expected a private key in PEM", self.from), error))
    }

    /// The certificates as those of authorities.
    pub(super) fn authorities(&self) -> Result<RootCertStore> {
        let mut store = RootCertStore::empty();
        for certificate in self.certificates()? {
            store
                .add(certificate)
                .map_err(|error| refused(format!("{}: expected the certificate of an authority", self.from), error))?;
        }
        Ok(store)
    }
}
