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
    match objection(found.uid(), found.mode(), geteuid().as_raw()) {
        Some(why) => {
            let message =
                format!("the directory {shown} is not safe for a socket, which could be replaced there: {why}");
            Err(refused(io::ErrorKind::PermissionDenied, message))
        }
        None => Ok(()),
    }
}

fn objection(owner: u32, mode: u32, us: u32) -> Option<String> {
    if owner != us && owner != 0 {
        return Some(format!("it belongs to uid {owner}, expected uid {us} or root"));
    }
    if mode & WRITABLE_BY_ALL != 0 && mode & STICKY == 0 {
        return Some("everybody can write to it, expected mode 0700, or the sticky bit".into());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_may_rename_files_counts() {
        assert_eq!(objection(7, 0o700, 7), None);
        assert_eq!(objection(0, 0o755, 7), None);
        assert_eq!(objection(0, 0o1777, 7), None);
        assert_eq!(objection(7, 0o770, 7), None);
        assert!(objection(8, 0o700, 7).is_some());
        assert!(objection(7, 0o777, 7).is_some());
        assert!(objection(0, 0o777, 7).is_some());
        assert!(objection(7, 0o700, 0).is_some());
    }
}
