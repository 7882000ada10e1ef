//! Telling an observer of each new tip.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use interfaces::node::{Handler, TipObserver};
use ipc::{Exception, ExceptionKind, Result};

use super::shutdown::Shutdown;
use crate::chain::{Chain, Growth};

/// An observer's registration. Each has a thread of its own, so that a slow observer holds up nobody else; it asks the
/// chain for the next block when its observer is done with the last, so that nothing queues up for it.
pub(super) struct Observation {
    blocks: Arc<Chain>,
    ended: Arc<AtomicBool>,
}

impl Observation {
    /// Tells `observer` of each block above the tip as it is now.
    ///
    /// # Errors
    ///
    /// `Overloaded` if there can be no other thread.
    pub(super) fn begin(blocks: Arc<Chain>, shutdown: Shutdown, observer: Arc<dyn TipObserver>) -> Result<Self> {
        let ended = Arc::new(AtomicBool::new(false));
        let from = blocks.tip().height;
        let tell = {
            let (blocks, ended) = (Arc::clone(&blocks), Arc::clone(&ended));
            move || {
                let ended = || ended.load(Ordering::Acquire) || shutdown.is_requested();
                tell(&blocks, from, ended, &observer);
            }
        };
        thread::Builder::new().name("observer".into()).spawn(tell).map_err(|error| {
            Exception::new(ExceptionKind::Overloaded, format!("no thread for an observer: {error}")).with_source(error)
        })?;
        Ok(Self { blocks, ended })
    }

    fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.blocks.wake();
    }
}

fn tell(blocks: &Chain, mut height: u32, ended: impl Fn() -> bool, observer: &Arc<dyn TipObserver>) {
    while let Growth::Next(tip) = blocks.wait_above(height, &ended) {
        height = tip.height;
        if let Err(error) = observer.new_tip(*tip) {
            tracing::debug!(target: "node", %error, "an observer is told no more");
            return;
        }
    }
}

impl Handler for Observation {
    fn disconnect(&self) -> Result<()> {
        self.end();
        Ok(())
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        self.end();
    }
}
