//! Where a peer is: the syntax of addresses.
//!
//! | form | what it names |
//! |---|---|
//! | `[SCHEME+]unix:PATH` | a unix socket; a relative path starts at a directory given later |
//! | `[SCHEME+]unix` | the unix socket at the default path in a directory given later |
//! | `[SCHEME+]tcp:HOST:PORT` | a TCP socket; an IPv6 address stands in brackets |
//! | `[SCHEME+]tls:HOST:PORT` | the same with TLS on it |
//! | `[SCHEME+]fd:N` | a descriptor that this process inherited |
//! | `local:NAME` | an object in this process |
//!
//! This module knows the syntax. What `SCHEME` means is up to those who have transports to choose from.

mod error;
mod parse;

use std::{
    fmt,
    os::fd::RawFd,
    path::{Path, PathBuf},
};

pub use error::AddressError;
pub(crate) use parse::decimal;

/// Where a peer is, and optionally which scheme is spoken there.
///
/// Parsed with [`str::parse`], printed with `Display`; what was parsed prints as an address that parses as the same.
///
/// ```
/// # use ipc_core::{Address, Endpoint};
/// let address: Address = "capnp+unix:/run/node.sock".parse()?;
/// assert_eq!(address.scheme(), Some("capnp"));
/// assert_eq!(address.endpoint(), &Endpoint::Unix(Some("/run/node.sock".into())));
/// # Ok::<(), ipc_core::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    scheme: Option<String>,
    endpoint: Endpoint,
}

/// What an [`Address`] names, without its scheme.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// A unix socket; `None` stands for a default path, which [`Address::resolve`] fills in.
    Unix(Option<PathBuf>),
    /// A TCP socket.
    Tcp {
        /// A host name or an IP address, an IPv6 address without its brackets.
        host: String,
        /// The port; 0 asks a listener for any free one.
        port: u16,
    },
    /// TLS on a TCP socket.
    Tls {
        /// A host name or an IP address, an IPv6 address without its brackets.
        host: String,
        /// The port; 0 asks a listener for any free one.
        port: u16,
    },
    /// An object in this process, by name.
    Local(String),
    /// A descriptor that this process inherited.
    Fd(RawFd),
}

impl Address {
    /// A unix socket. The path may be relative, see [`resolve`](Self::resolve).
    ///
    /// # Errors
    /// The path is empty or has a zero byte.
    pub fn unix(path: impl Into<PathBuf>) -> Result<Self, AddressError> {
        Ok(Self::of(parse::unix_path(path.into())?))
    }

    /// The unix socket at the default path, see [`resolve`](Self::resolve).
    pub fn default_unix() -> Self {
        Self::of(Endpoint::Unix(None))
    }

    /// A TCP socket; the host is a name or an IP address, an IPv6 address with or without brackets.
    ///
    /// # Errors
    /// The host is neither.
    pub fn tcp(host: &str, port: u16) -> Result<Self, AddressError> {
        let host = parse::host(host)?;
        Ok(Self::of(Endpoint::Tcp { host, port }))
    }

    /// The same with TLS on it.
    ///
    /// # Errors
    /// As for [`tcp`](Self::tcp).
    pub fn tls(host: &str, port: u16) -> Result<Self, AddressError> {
        let host = parse::host(host)?;
        Ok(Self::of(Endpoint::Tls { host, port }))
    }

    /// An object in this process. It has no scheme.
    ///
    /// # Errors
    /// The name is empty, or has other characters than ASCII letters, digits, `.`, `_` and `-`.
    pub fn local(name: &str) -> Result<Self, AddressError> {
        Ok(Self::of(parse::local_name(name)?))
    }

    /// A descriptor that this process inherited.
    ///
    /// # Errors
    /// The number is negative.
    pub fn fd(number: RawFd) -> Result<Self, AddressError> {
        Ok(Self::of(parse::descriptor(number)?))
    }

    /// The same with this scheme.
    ///
    /// # Errors
    /// The scheme is not a lower-case ASCII letter followed by such letters, digits, `.` and `-`; or this is a `local`
    /// address, which takes none.
    pub fn with_scheme(self, scheme: &str) -> Result<Self, AddressError> {
        let scheme = Some(parse::scheme(scheme, &self.endpoint)?);
        Ok(Self { scheme, ..self })
    }

    /// The same without a scheme.
    #[must_use]
    pub fn without_scheme(self) -> Self {
        Self { scheme: None, ..self }
    }

    /// What stands before the `+`, if anything does.
    pub fn scheme(&self) -> Option<&str> {
        self.scheme.as_deref()
    }

    /// What the address names, without its scheme.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The same with a complete path: the default path is `default_file_name` in `dir`, and a relative path starts at
    /// `dir`. An absolute path, and any other endpoint, stay as they are.
    ///
    /// Bitcoin Core does the same with its data directory.
    #[must_use]
    pub fn resolve(self, dir: &Path, default_file_name: impl AsRef<Path>) -> Self {
        let endpoint = match self.endpoint {
            Endpoint::Unix(None) => Endpoint::Unix(Some(dir.join(default_file_name))),
            Endpoint::Unix(Some(path)) => Endpoint::Unix(Some(dir.join(path))),
            other => other,
        };
        Self { scheme: self.scheme, endpoint }
    }

    fn of(endpoint: Endpoint) -> Self {
        Self { scheme: None, endpoint }
    }
}

impl fmt::Display for Address {
    /// A path that is not UTF-8 prints with replacement characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = &self.scheme {
            write!(f, "{scheme}+")?;
        }
        self.endpoint.fmt(f)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(None) => f.write_str("unix"),
            Self::Unix(Some(path)) => write!(f, "unix:{}", path.display()),
            Self::Tcp { host, port } => write!(f, "tcp:{}:{port}", Bracketed(host)),
            Self::Tls { host, port } => write!(f, "tls:{}:{port}", Bracketed(host)),
            Self::Local(name) => write!(f, "local:{name}"),
            Self::Fd(number) => write!(f, "fd:{number}"),
        }
    }
}

/// A host as it stands before a port.
struct Bracketed<'a>(&'a str);

impl fmt::Display for Bracketed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains(':') { write!(f, "[{}]", self.0) } else { f.write_str(self.0) }
    }
}
