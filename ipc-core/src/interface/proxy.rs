//! The one proxy type.

use std::fmt;

/// Stands for an object in another process. Every interface is implemented for it, so supertraits of any depth come free.
pub struct Proxy<R>(R);

impl<R> Proxy<R> {
    /// A proxy that calls through `remote`.
    pub const fn new(remote: R) -> Self {
        Self(remote)
    }

    /// What calls go through.
    pub const fn remote(&self) -> &R {
        &self.0
    }
}

/// For every `R`: an interface may extend `Debug`, and is implemented for all proxies alike.
impl<R> fmt::Debug for Proxy<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").finish_non_exhaustive()
    }
}
