//! From an address to a listening socket.

use std::{
    fs::{self, Permissions},
    io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    os::{
        fd::{AsFd, OwnedFd, RawFd},
        unix::fs::PermissionsExt,
    },
    path::{Path, absolute},
};

use rustix::{
    io::{Errno, ioctl_fionbio},
    net::{AddressFamily, bind, getsockname, listen},
};

use super::{
    BindOptions, Listener, adopt,
    claim::{Claim, in_use},
    directory, open, refused, unix_path, unreachable, unsupported,
};
use crate::{Address, Endpoint, Result};

/// The kernel cuts it down to its own maximum.
const BACKLOG: i32 = 4096;

impl Listener {
    /// Listens at a unix or TCP socket, or adopts an inherited descriptor that listens. The address's scheme does not
    /// matter.
    ///
    /// A unix socket takes its path only in a directory that belongs to this user or root and that not everybody can
    /// rename files in. It holds a lock on `PATH.lock`, removes a socket file that nobody listens at, and never takes
    /// the path of a socket that somebody listens at. It has its [mode](BindOptions::mode) before anybody can connect.
    ///
    /// # Errors
    /// `Disconnected`; the source is the [`io::Error`] that says why: `AddrInUse`, `PermissionDenied`, `NotFound` for a
    /// missing directory, `InvalidInput` for a path that is too long or a host that is not this one.
    /// `Unimplemented` if the address names no socket, has TLS on it, or is a default path that was not
    /// [resolved](Address::resolve).
    pub fn bind(address: &Address, options: &BindOptions) -> Result<Self> {
        match address.endpoint() {
            Endpoint::Unix(Some(path)) => bind_unix(path, options),
            Endpoint::Tcp { host, port } => bind_tcp(host, *port, options),
            Endpoint::Fd(number) => bind_inherited(*number, options),
            Endpoint::Unix(None) => Err(unsupported("the default path is not known here: expected unix:PATH")),
            Endpoint::Tls { .. } => {
                Err(unsupported(format!("a plain listener can't bind to {address}: it has no TLS")))
            }
            Endpoint::Local(_) => Err(unsupported(format!("{address} is in this process, there is no socket to it"))),
        }
    }
}

fn bind_unix(path: &Path, options: &BindOptions) -> Result<Listener> {
    // The files must be found again at the end, wherever the process has gone by then.
    let path = absolute(path).map_err(|e| unreachable(format!("cannot tell where {} is", path.display()), e))?;
    let failed = |e: io::Error| unreachable(format!("cannot listen at unix:{}", path.display()), e);
    let address = unix_path::socket_address(&path)?;
    let (Some(parent), Some(_)) = (path.parent(), path.file_name()) else {
        return Err(refused(io::ErrorKind::InvalidInput, format!("{} is no path of a file", path.display())));
    };
    directory::check(parent)?;
    let mut claim = Claim::on(path.clone())?;

    let fd = open::unix_nonblocking().map_err(|e| failed(e.into()))?;
    match bind(&fd, &address) {
        // Somebody who knows nothing of our lock was faster.
        Err(Errno::ADDRINUSE) => return Err(in_use(&path)),
        done => done.map_err(|e| failed(e.into()))?,
    }
    claim.bound().map_err(failed)?;
    // Nobody can connect before it listens, so nobody does under the mode that it was made with.
    fs::set_permissions(claim.path(), Permissions::from_mode(options.mode)).map_err(failed)?;
    listen(&fd, BACKLOG).map_err(|e| failed(e.into()))?;
    Listener::new(fd, Address::unix(path)?, Some(claim), options)
}

fn bind_tcp(host: &str, port: u16, options: &BindOptions) -> Result<Listener> {
    let failed = |e: io::Error| unreachable(format!("cannot listen at tcp port {port} of {host}"), e);
    let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs().map_err(failed)?.collect();
    let outside = |address: &&SocketAddr| !address.ip().to_canonical().is_loopback();
    if let (Some(address), false) = (addresses.iter().find(outside), options.other_hosts) {
        let message = format!(
            "other hosts could connect to {address}, and nothing would authenticate them: expected a loopback address, \
             or BindOptions::other_hosts"
        );
        return Err(refused(io::ErrorKind::InvalidInput, message));
    }
    let listener = TcpListener::bind(&addresses[..]).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Listener::new(listener.into(), Address::tcp(&bound.ip().to_string(), bound.port())?, None, options)
}

fn bind_inherited(number: RawFd, options: &BindOptions) -> Result<Listener> {
    let failed = |e: io::Error| unreachable(format!("cannot listen at fd:{number}"), e);
    let fd = adopt(number).map_err(failed)?;
    check_listening(&fd).map_err(failed)?;
    ioctl_fionbio(&fd, true).map_err(|e| failed(e.into()))?;
    Listener::new(fd, Address::fd(number)?, None, options)
}

fn check_listening(fd: &OwnedFd) -> io::Result<()> {
    let family = getsockname(fd)?.address_family();
    if ![AddressFamily::UNIX, AddressFamily::INET, AddressFamily::INET6].contains(&family) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a socket of another family"));
    }
    if !is_listening(fd.as_fd())? {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a socket that does not listen"));
    }
    Ok(())
}

#[cfg(not(target_vendor = "apple"))]
fn is_listening(fd: impl AsFd) -> io::Result<bool> {
    Ok(rustix::net::sockopt::socket_acceptconn(fd)?)
}

/// Apple does not tell, but a socket that listens has no peer.
#[cfg(target_vendor = "apple")]
fn is_listening(fd: impl AsFd) -> io::Result<bool> {
    Ok(rustix::net::getpeername(fd).is_err())
}
