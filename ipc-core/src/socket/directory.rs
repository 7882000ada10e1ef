//! The directory of a unix socket: whoever can rename files there can take the socket's place.

use std::{fs, io, os::unix::fs::MetadataExt, path::Path};

use rustix::process::geteuid;

use super::{refused, unreachable};
use crate::Result;

const STICKY: u32 = 0o1000;
const WRITABLE_BY_ALL: u32 = 0o002;

/// Fails unless the directory exists, belongs to this user or to root, and not everybody can rename files in it.
///
/// A directory that a group can write to passes: who sets up one shares the socket with that group on purpose.
pub(super) fn check(directory: &Path) -> Result<()> {
    let shown = directory.display();
    let found = fs::metadata(directory).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => {
            unreachable(format!("there is no directory {shown} for the socket, create it first"), e)
        }
        _ => unreachable(format!("cannot look at the socket's directory {shown}"), e),
    })?;
    if !found.is_dir() {
        return Err(refused(
            io::ErrorKind::NotADirectory,
            format!("{shown} is no directory, so no socket can be in it"),
        ));
    }
    let us = geteuid().as_raw();
    if found.uid() != us && found.uid() != 0 {
        let message = format!(
            "the socket's directory {shown} belongs to uid {}, who could replace the socket: expected one of uid {us} or root",
            found.uid()
        );
        return Err(refused(io::ErrorKind::PermissionDenied, message));
    }
    if found.mode() & WRITABLE_BY_ALL != 0 && found.mode() & STICKY == 0 {
        let message = format!(
            "everybody can write to the socket's directory {shown} and could replace the socket: expected mode 0700, or the sticky bit"
        );
        return Err(refused(io::ErrorKind::PermissionDenied, message));
    }
    Ok(())
}
