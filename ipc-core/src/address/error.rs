//! What can be wrong with an address.

use crate::{Exception, ExceptionKind};

/// A text is not an address. The message says what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// What stands before the first `:` (after the scheme) is no kind of address.
    #[error(
        "{found:?} is no kind of address: expected [SCHEME+]unix[:PATH], [SCHEME+]tcp:HOST:PORT, \
         [SCHEME+]tls:HOST:PORT, [SCHEME+]fd:N or local:NAME"
    )]
    Kind {
        /// What stands there.
        found: String,
    },
    /// The scheme has characters that a scheme can't have.
    #[error(
        "{found:?} is no scheme: expected a lower-case letter, then lower-case letters, digits, `.` or `-`, before the `+`"
    )]
    Scheme {
        /// What stands there.
        found: String,
    },
    /// A `local` address takes no scheme.
    #[error("an object in this process needs no scheme: expected local:NAME, not {found}+local:NAME")]
    SchemeOfLocal {
        /// The scheme that stands there.
        found: String,
    },
    /// The path is empty or has a zero byte.
    #[error("{found:?} is no path: expected unix:PATH, or unix alone for the default path")]
    Path {
        /// What stands there.
        found: String,
    },
    /// The host is neither a name nor an IP address.
    #[error("{found:?} is no host: expected a name, an IPv4 address, or an IPv6 address in brackets")]
    Host {
        /// What stands there.
        found: String,
    },
    /// The port is missing, or not a number from 0 to 65535.
    #[error("{found:?} does not end in a port: expected HOST:PORT with a port from 0 to 65535")]
    Port {
        /// The whole of what should be `HOST:PORT`.
        found: String,
    },
    /// The name of a local object is empty or has characters that such a name can't have.
    #[error("{found:?} is no name: expected letters, digits, `.`, `_` or `-` after local:")]
    Name {
        /// What stands there.
        found: String,
    },
    /// The descriptor is not a number from 0 up.
    #[error("{found:?} is no descriptor: expected its number after fd:")]
    Descriptor {
        /// What stands there.
        found: String,
    },
}

impl From<AddressError> for Exception {
    fn from(error: AddressError) -> Self {
        Self::new(ExceptionKind::Protocol, error.to_string()).with_source(error)
    }
}
