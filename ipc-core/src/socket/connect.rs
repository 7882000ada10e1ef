//! From an address to a connected stream.

use std::{
    io,
    net::TcpStream,
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::Path,
};

use super::{Stream, adopt, refused, unix_path, unreachable, unsupported};
use crate::{Address, Endpoint, Result};

impl Stream {
    /// Connects to a unix or TCP socket, or adopts an inherited descriptor. The address's scheme does not matter.
    ///
    /// # Errors
    /// `Disconnected` if nobody listens there or it is forbidden; the source is the [`io::Error`] that says which.
    /// `Unimplemented` if the address names no socket, has TLS on it, or is a default path that was not
    /// [resolved](Address::resolve).
    pub fn connect(address: &Address) -> Result<Self> {
        let fd = match address.endpoint() {
            Endpoint::Unix(Some(path)) => connect_unix(path),
            Endpoint::Tcp { host, port } => connect_tcp(host, *port),
            Endpoint::Fd(number) => adopt(*number).map_err(|e| unreachable(format!("cannot use {address}"), e)),
            Endpoint::Unix(None) => Err(unsupported("the default path is not known here: expected unix:PATH")),
            Endpoint::Tls { .. } => {
                Err(unsupported(format!("a plain stream can't connect to {address}: it has no TLS")))
            }
            Endpoint::Local(_) => Err(unsupported(format!("{address} is in this process, there is no socket to it"))),
        }?;
        Self::checked(fd).map_err(|e| unreachable(format!("{address} is no connected stream socket"), e))
    }
}

fn connect_unix(path: &Path) -> Result<OwnedFd> {
    unix_path::socket_address(path)?;
    loop {
        match UnixStream::connect(path) {
            Ok(stream) => return Ok(stream.into()),
            // Interrupted while it waited for a place in the backlog: it has none yet.
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
                return Err(unreachable(format!("nobody listens at unix:{}", path.display()), e));
            }
            Err(e) => return Err(unreachable(format!("cannot connect to unix:{}", path.display()), e)),
        }
    }
}

fn connect_tcp(host: &str, port: u16) -> Result<OwnedFd> {
    if port == 0 {
        return Err(refused(io::ErrorKind::InvalidInput, "nobody listens at port 0, which stands for any free one"));
    }
    let stream = TcpStream::connect((host, port))
        .map_err(|e| unreachable(format!("cannot connect to tcp port {port} of {host}"), e))?;
    Ok(stream.into())
}
