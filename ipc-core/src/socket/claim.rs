//! The right to a unix socket's path: one holder at a time, also after a crash.
//!
//! The holder has a lock (`flock`) on the file `PATH.lock`. The kernel releases it when the process is gone, so unlike the
//! socket file it can't be stale. Both files go when the claim is dropped. Since the lock file can go, a lock counts only
//! on the file that is still at the path: one taken on a file that its holder has just removed is tried again.

use std::{
    ffi::OsString,
    fs::{self, File, Metadata},
    io,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FlockOperation, Mode, OFlags, flock},
    io::{Errno, retry_on_intr},
    net::connect,
};

use super::{open, refused, unix_path, unreachable};
use crate::Result;

/// The right to bind a path, and to remove what was bound there.
#[derive(Debug)]
pub(super) struct Claim {
    path: PathBuf,
    /// Locked as long as this is open.
    _lock: File,
    lock_path: PathBuf,
    /// The socket file that was bound under this claim.
    bound: Option<FileId>,
    /// A fork has a copy of this, but no right to remove the files.
    owner: u32,
}

/// Tells a file from another one at the same path.
type FileId = (u64, u64);

impl Claim {
    /// Claims the path, and removes a stale socket from it.
    ///
    /// # Errors
    /// `Disconnected`, if another has the path or listens there, or something else than a socket is there.
    pub(super) fn on(path: PathBuf) -> Result<Self> {
        let mut lock_path = OsString::from(&path);
        lock_path.push(".lock");
        let lock_path = PathBuf::from(lock_path);
        let lock = lock(&path, &lock_path)?;
        let claim = Self { path, _lock: lock, lock_path, bound: None, owner: std::process::id() };
        claim.clear()?;
        Ok(claim)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What is at the path now was bound under this claim and goes with it.
    pub(super) fn bound(&mut self) -> io::Result<()> {
        self.bound = Some(id(&fs::symlink_metadata(&self.path)?));
        Ok(())
    }

    /// Removes a socket that nobody listens at. Its owner need not know about our lock file.
    fn clear(&self) -> Result<()> {
        let shown = self.path.display();
        let found = match fs::symlink_metadata(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            found => found.map_err(|e| unreachable(format!("cannot look at {shown}"), e))?,
        };
        if !found.file_type().is_socket() {
            let message = format!("{shown} exists and is no socket: remove it, or choose another path");
            return Err(refused(io::ErrorKind::AlreadyExists, message));
        }
        let probe = open::unix_nonblocking().map_err(|e| unreachable("no socket", e))?;
        match connect(&probe, &unix_path::socket_address(&self.path)?) {
            Err(Errno::CONNREFUSED) => {}
            // Its backlog is full, or it is a socket of another type.
            Ok(()) | Err(Errno::AGAIN | Errno::INPROGRESS | Errno::PROTOTYPE) => return Err(in_use(&self.path)),
            Err(Errno::NOENT) => return Ok(()),
            Err(e) => return Err(unreachable(format!("cannot tell whether the socket {shown} is in use"), e)),
        }
        match fs::remove_file(&self.path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(unreachable(format!("cannot remove the stale socket {shown}"), e))
            }
            _ => {
                tracing::info!(target: "ipc", path = %shown, "removed a stale socket");
                Ok(())
            }
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.owner != std::process::id() {
            return;
        }
        let ours = |found: Metadata| self.bound == Some(id(&found));
        if fs::symlink_metadata(&self.path).is_ok_and(ours) {
            let _ = fs::remove_file(&self.path);
        }
        // Still locked: who opens it now finds it held, or gone by the time it is not.
        let _ = fs::remove_file(&self.lock_path);
    }
}

pub(super) fn in_use(path: &Path) -> crate::Exception {
    refused(io::ErrorKind::AddrInUse, format!("unix:{} is in use: another listens there", path.display()))
}

fn lock(path: &Path, lock_path: &Path) -> Result<File> {
    let failed = |e: io::Error| unreachable(format!("cannot lock {}", lock_path.display()), e);
    // Neither another's symbolic link is followed, nor waited for the other end of a pipe.
    let flags = OFlags::CREATE | OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    loop {
        let opened = rustix::fs::open(lock_path, flags, Mode::RUSR | Mode::WUSR);
        let file = File::from(opened.map_err(|e| failed(e.into()))?);
        match lock_opened(&file, lock_path) {
            Ok(true) => return Ok(file),
            Ok(false) => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Err(in_use(path)),
            Err(e) => return Err(failed(e)),
        }
    }
}

/// Locks the file, unless somebody holds it; `false` if its holder has removed it meanwhile, so that the lock is void.
fn lock_opened(file: &File, lock_path: &Path) -> io::Result<bool> {
    retry_on_intr(|| flock(file, FlockOperation::NonBlockingLockExclusive))?;
    let held = id(&file.metadata()?);
    match fs::symlink_metadata(lock_path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        found => Ok(id(&found?) == held),
    }
}

fn id(found: &Metadata) -> FileId {
    (found.dev(), found.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_on_a_file_that_is_gone_is_void() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let open = || File::create(&path).unwrap();

        let (holder, latecomer) = (open(), open());
        assert!(lock_opened(&holder, &path).unwrap());
        assert_eq!(lock_opened(&latecomer, &path).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        // As the holder's drop does it, after the latecomer has opened the file.
        fs::remove_file(&path).unwrap();
        drop(holder);
        assert!(!lock_opened(&latecomer, &path).unwrap());
        let next = open();
        assert!(!lock_opened(&latecomer, &path).unwrap());
        assert!(lock_opened(&next, &path).unwrap());
    }
}
