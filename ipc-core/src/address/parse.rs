//! From text to an address.

use std::{net::Ipv6Addr, os::fd::RawFd, path::PathBuf, str::FromStr};

use super::{Address, AddressError, Endpoint};

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (kind, rest) = match text.split_once(':') {
            Some((kind, rest)) => (kind, Some(rest)),
            None => (text, None),
        };
        let (scheme, kind) = match kind.split_once('+') {
            Some((scheme, kind)) => (Some(scheme), kind),
            None => (None, kind),
        };
        let endpoint = match (kind, rest) {
            ("unix", None) => Endpoint::Unix(None),
            ("unix", Some(path)) => unix_path(path.into())?,
            ("tcp", Some(rest)) => {
                let (host, port) = host_and_port(rest)?;
                Endpoint::Tcp { host, port }
            }
            ("tls", Some(rest)) => {
                let (host, port) = host_and_port(rest)?;
                Endpoint::Tls { host, port }
            }
            ("local", Some(name)) => local_name(name)?,
            ("fd", Some(number)) => descriptor(decimal(number).unwrap_or(-1))
                .map_err(|_| AddressError::Descriptor { found: number.into() })?,
            _ => return Err(AddressError::Kind { found: kind.into() }),
        };
        let address = Self::of(endpoint);
        match scheme {
            Some(scheme) => address.with_scheme(scheme),
            None => Ok(address),
        }
    }
}

pub(super) fn scheme(text: &str, endpoint: &Endpoint) -> Result<String, AddressError> {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
    if !text.starts_with(|c: char| c.is_ascii_lowercase()) || !text.chars().all(word) {
        return Err(AddressError::Scheme { found: text.into() });
    }
    if matches!(endpoint, Endpoint::Local(_)) {
        return Err(AddressError::SchemeOfLocal { found: text.into() });
    }
    Ok(text.into())
}

pub(super) fn unix_path(path: PathBuf) -> Result<Endpoint, AddressError> {
    let bytes = path.as_os_str().as_encoded_bytes();
    if bytes.is_empty() || bytes.contains(&0) {
        return Err(AddressError::Path { found: path.to_string_lossy().into_owned() });
    }
    Ok(Endpoint::Unix(Some(path)))
}

/// An IPv6 address comes out in its usual spelling, so that equal addresses are equal.
pub(super) fn host(text: &str) -> Result<String, AddressError> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    if let Ok(ip) = inner.unwrap_or(text).parse::<Ipv6Addr>() {
        return Ok(ip.to_string());
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-' || c == '_';
    if inner.is_some() || text.is_empty() || !text.chars().all(word) {
        return Err(AddressError::Host { found: text.into() });
    }
    Ok(text.into())
}

pub(super) fn local_name(text: &str) -> Result<Endpoint, AddressError> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-' || c == '_';
    if text.is_empty() || !text.chars().all(word) {
        return Err(AddressError::Name { found: text.into() });
    }
    Ok(Endpoint::Local(text.into()))
}

pub(super) fn descriptor(number: RawFd) -> Result<Endpoint, AddressError> {
    if number < 0 {
        return Err(AddressError::Descriptor { found: number.to_string() });
    }
    Ok(Endpoint::Fd(number))
}

fn host_and_port(text: &str) -> Result<(String, u16), AddressError> {
    let malformed = || AddressError::Port { found: text.into() };
    let (name, port) = text.rsplit_once(':').ok_or_else(malformed)?;
    let port = decimal(port).ok_or_else(malformed)?;
    // Without its brackets the last group of an IPv6 address would be taken for a port.
    if name.contains(':') && !name.starts_with('[') {
        return Err(AddressError::Host { found: name.into() });
    }
    Ok((host(name)?, port))
}

/// Digits only: Rust's own parser also takes a sign.
pub(crate) fn decimal<T: FromStr>(text: &str) -> Option<T> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}
