//! How a listener is bound, and whom it lets in.

use rustix::process::geteuid;

/// How to bind a [`Listener`](super::Listener). The default lets in this user, on this host, and nobody else.
#[derive(Clone, Debug)]
#[must_use]
pub struct BindOptions {
    pub(super) users: Users,
    pub(super) mode: u32,
    pub(super) other_hosts: bool,
}

/// Who may connect to a unix socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Users {
    /// The processes whose effective user id is this.
    Only(u32),
    /// All whom the file system lets in.
    Any,
}

impl BindOptions {
    /// The defaults: peers with this process's effective user id, mode 0600, loopback only.
    pub fn new() -> Self {
        Self { users: Users::Only(geteuid().as_raw()), mode: 0o600, other_hosts: false }
    }

    /// Lets in peers with this effective user id instead, over unix sockets. Combine it with a [`mode`](Self::mode)
    /// that lets them reach the socket.
    pub fn expected_uid(self, uid: u32) -> Self {
        Self { users: Users::Only(uid), ..self }
    }

    /// Lets in all peers that can reach the unix socket.
    pub fn any_uid(self) -> Self {
        Self { users: Users::Any, ..self }
    }

    /// The permission bits of the unix socket, 0600 by default.
    pub fn mode(self, mode: u32) -> Self {
        Self { mode: mode & 0o777, ..self }
    }

    /// Lets a TCP listener bind to other addresses than loopback. Nothing authenticates who connects there.
    pub fn other_hosts(self) -> Self {
        Self { other_hosts: true, ..self }
    }
}

impl Default for BindOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl Users {
    /// Whether a peer with this user id, if it is known, may connect.
    pub(super) fn admit(self, uid: Option<u32>) -> bool {
        match self {
            Self::Only(expected) => uid == Some(expected),
            Self::Any => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_user_is_nobody() {
        assert!(Users::Only(7).admit(Some(7)));
        assert!(!Users::Only(7).admit(Some(8)));
        assert!(!Users::Only(7).admit(Some(0)));
        assert!(!Users::Only(7).admit(None));
        assert!(Users::Any.admit(None));
    }
}
