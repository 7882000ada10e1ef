//! TLS, with rustls.

mod address;
mod client;
mod pem;
mod server;

use std::{fmt, time::Duration};

use ipc_core::{Exception, ExceptionKind};

pub use self::{client::ClientTls, server::ServerTls};
pub(crate) use address::{dial, listen};

/// How long a hand-shake may take.
const PATIENCE: Duration = Duration::from_secs(10);

fn refused(what: impl fmt::Display, error: impl std::error::Error + Send + Sync + 'static) -> Exception {
    Exception::new(ExceptionKind::Protocol, format!("{what}: {error}")).with_source(error)
}

fn failed(error: std::io::Error) -> Exception {
    Exception::new(ExceptionKind::Disconnected, format!("the TLS hand-shake failed: {error}")).with_source(error)
}

fn too_slow() -> Exception {
    Exception::new(ExceptionKind::Disconnected, "the TLS hand-shake took too long")
}
