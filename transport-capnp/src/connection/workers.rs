//! Threads that stand for the peer's.

use std::sync::Arc;

use super::{Connection, wait::Who};
use crate::{
    serve,
    threads::{self, ThreadPost},
};

impl Connection {
    /// Starts a worker that the peer asked for.
    pub(super) fn start_worker(self: &Arc<Self>, post: &Arc<ThreadPost>) {
        let Some(slot) = post.take_slot() else { return };
        let started = ipc_core::threads::spawn(post.name(), slot, {
            let (connection, post) = (self.clone(), post.clone());
            move || connection.work(&post)
        });
        if let Err(error) = started {
            tracing::warn!(target: "ipc", peer = %self.stream.peer(), %error, "no worker");
            // Calls that name it are told that nobody will run them.
            post.cancel();
            self.end_wait(post);
        }
    }

    fn work(self: &Arc<Self>, post: &Arc<ThreadPost>) {
        threads::adopt(self, post);
        // Calls that came before the end are run first.
        self.wait(post, Who::Worker, None, || post.is_ended() && !post.has_call());
        self.end_wait(post);
    }

    /// The thread waits no more, in this place: refuses what is left for it.
    pub(super) fn end_wait(self: &Arc<Self>, post: &ThreadPost) {
        for call in post.end_wait() {
            serve::refuse(self, call);
        }
    }
}
