//! Threads that stand for the peer's.

use std::sync::{Arc, PoisonError};

use super::End;
use crate::{
    session::codec::Codec,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    threads::{self, Job, Post, Wait, WorkerSlot},
};

/// A thread that stands for one of the peer's; it runs from its first job on.
pub(crate) struct Worker {
    name: String,
    post: Arc<Post>,
    /// The client's thread has ended, or does not need this one any more.
    ended: AtomicBool,
    /// The place in the count, until the thread takes it.
    slot: Mutex<Option<WorkerSlot>>,
}

impl Worker {
    pub(super) fn new(name: &str, slot: WorkerSlot, connection: u64) -> Arc<Self> {
        let post = Arc::<Post>::default();
        // It takes jobs before it runs.
        post.begin(Self::wait(connection));
        Arc::new(Self { name: name.to_owned(), post, ended: AtomicBool::new(false), slot: Mutex::new(Some(slot)) })
    }

    pub(super) fn post(&self) -> &Arc<Post> {
        &self.post
    }

    /// What it waits for.
    pub(super) fn wait(connection: u64) -> Wait {
        Wait { connection, call: 0 }
    }

    /// It is to end, once it has done what is left for it.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.post.waiter().notify();
    }
}

impl<C: Codec> End<C> {
    /// Starts the thread, unless it runs. Without one, jobs for it are refused.
    pub(super) fn start_worker(self: &Arc<Self>, worker: &Arc<Worker>) {
        let Some(slot) = worker.slot.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let started = threads::spawn(&worker.name, slot, {
            let (end, worker) = (self.clone(), worker.clone());
            move || end.work(&worker)
        });
        if let Err(error) = started {
            tracing::warn!(target: "ipc", peer = %self.peer(), %error, "no worker");
            self.end_work(worker);
        }
    }

    fn work(self: &Arc<Self>, worker: &Worker) {
        Post::adopt(worker.post.clone());
        // After a loss nobody wants what is left.
        while self.lost().is_none() {
            if let Some(job) = worker.post.next() {
                job.run();
            } else if worker.ended.load(Ordering::Acquire) {
                break;
            } else {
                worker.post.waiter().park(None);
            }
        }
        self.end_work(worker);
    }

    fn end_work(&self, worker: &Worker) {
        worker.post.end(Worker::wait(self.number())).into_iter().for_each(Job::refuse);
    }
}
