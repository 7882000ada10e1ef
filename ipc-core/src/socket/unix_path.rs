//! The path of a unix socket as the kernel takes it.

use std::{io, os::unix::ffi::OsStrExt, path::Path};

use rustix::net::SocketAddrUnix;

use super::{refused, unreachable};
use crate::Result;

/// The longest path in bytes: `sun_path` less the zero byte at its end, which some programs count on.
#[cfg(any(target_os = "linux", target_os = "android"))]
const LIMIT: usize = 107;
/// The longest path in bytes: `sun_path` is shorter on the BSDs.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const LIMIT: usize = 103;

/// Fails with a message that names the limit if the path is too long for a socket.
pub(super) fn socket_address(path: &Path) -> Result<SocketAddrUnix> {
    let length = path.as_os_str().as_bytes().len();
    if length > LIMIT {
        let message =
            format!("the path {} has {length} bytes, but a unix socket's path can have {LIMIT}", path.display());
        return Err(refused(io::ErrorKind::InvalidInput, message));
    }
    SocketAddrUnix::new(path).map_err(|e| unreachable(format!("{} is no path of a unix socket", path.display()), e))
}
