//! An interface, and an object that counts and waits.
#![allow(dead_code, reason = "each test file uses a part")]

use std::sync::{
    Arc, Mutex,
    mpsc::{Receiver, Sender, channel},
};

use ipc::{Result, interface};

#[interface(bootstrap)]
pub(crate) trait Init: Send + Sync {
    /// The number of the process that answers.
    fn pid(&self) -> Result<u32>;
    /// Says that it has begun, and waits to be released.
    fn block(&self) -> Result<()>;
    /// Ends the process with this status.
    fn exit(&self, status: i32) -> Result<()>;
}

/// Serves [`Init`].
pub(crate) struct Served {
    begun: Mutex<Sender<()>>,
    release: Mutex<Receiver<()>>,
}

/// The other ends of a [`Served`].
pub(crate) struct Control {
    /// Gets one for each call of `block` that has begun.
    pub(crate) begun: Receiver<()>,
    /// Releases one call of `block`.
    pub(crate) release: Sender<()>,
}

impl Served {
    pub(crate) fn object() -> (Arc<dyn Init>, Control) {
        let (begin, begun) = channel();
        let (release, released) = channel();
        (Arc::new(Self { begun: Mutex::new(begin), release: Mutex::new(released) }), Control { begun, release })
    }
}

impl Init for Served {
    fn pid(&self) -> Result<u32> {
        Ok(std::process::id())
    }

    fn block(&self) -> Result<()> {
        let _ = self.begun.lock().unwrap().send(());
        let _ = self.release.lock().unwrap().recv();
        Ok(())
    }

    fn exit(&self, status: i32) -> Result<()> {
        std::process::exit(status)
    }
}
