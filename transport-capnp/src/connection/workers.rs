//! Threads that stand for the peer's.

use std::sync::Arc;

use super::{Connection, wait::Who};
use crate::threads::{self, ThreadPost};

impl Connection {
    /// Starts a worker that the peer asked for.
    pub(super) fn start_worker(self: &Arc<Self>, post: &Arc<ThreadPost>) {
        let Some(slot) = post.take_slot() else { return };
        let started = ipc_core::threads::spawn(post.name(), slot, {
            let (connection, post) = (self.clone(), post.clone());
            move || connection.work(&post)
        });
        if let Err(error) = started {
            // Calls that name it are told that nobody will run them.
            tracing::warn!(target: "ipc", peer = %self.stream.peer(), %error, "no worker");
            post.cancel();
        }
    }

    fn work(self: &Arc<Self>, post: &Arc<ThreadPost>) {
        threads::adopt(self, post);
        // Jobs that came before the end are run first.
        self.wait(post, Who::Worker, None, || post.is_ended() && !post.waiter().has_job());
        while let Some(job) = post.waiter().take_job() {
            job();
        }
    }
}
