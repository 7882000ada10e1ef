//! Where calls for one thread are left.
//!
//! Each thread has one [`Post`], whatever connections it is busy with. A thread *waits* under a tag (a connection, and the
//! call that it waits for); while it does, jobs can be left for it under that tag, and every wait of the thread, for whatever
//! it is, looks for them. When a wait ends, what is left under its tag is given back, to be refused: nothing lies in a post
//! whose thread never looks again.

use std::{
    cell::RefCell,
    collections::VecDeque,
    fmt, ptr,
    sync::{Arc, OnceLock, PoisonError},
};

use super::Waiter;
use crate::sync::{Mutex, MutexGuard, thread_local};

/// What a thread waits for: a connection, by a number that no other of the process has, and a call of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The connection.
    pub connection: u64,
    /// The call; 0 for a worker, which waits for its client's next.
    pub call: u64,
}

/// Something for one thread to do.
pub trait Job: Send {
    /// Does it, on that thread.
    fn run(self: Box<Self>);
    /// It is not done: the thread does not wait any more.
    fn refuse(self: Box<Self>);
}

/// A thread's, where jobs are left for it.
#[derive(Default)]
pub struct Post {
    waiter: Arc<Waiter>,
    name: OnceLock<String>,
    inbox: Mutex<Inbox>,
}

#[derive(Default)]
struct Inbox {
    waits: Vec<Wait>,
    jobs: VecDeque<(Wait, u64, Box<dyn Job>)>,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Post>>> = const { RefCell::new(None) };
}

impl Post {
    /// This thread's. During thread-local teardown one that nobody else knows.
    pub fn current() -> Arc<Self> {
        let new = || Arc::new(Self { waiter: Waiter::current(), ..Self::default() });
        CURRENT.try_with(|current| current.borrow_mut().get_or_insert_with(new).clone()).unwrap_or_else(|_| new())
    }

    /// Whether it is this thread's.
    pub fn is_current(&self) -> bool {
        let is =
            |current: &RefCell<Option<Arc<Self>>>| current.borrow().as_ref().is_some_and(|post| ptr::eq(&**post, self));
        CURRENT.try_with(is).unwrap_or(false)
    }

    /// Makes `post` this thread's: for a worker, which is given jobs before it runs.
    pub fn adopt(post: Arc<Self>) {
        Waiter::adopt(post.waiter.clone());
        let former = CURRENT.try_with(|current| current.replace(Some(post)));
        drop(former);
    }

    /// Where the thread parks.
    pub fn waiter(&self) -> &Arc<Waiter> {
        &self.waiter
    }

    /// The thread's name, asked for on that thread.
    pub fn name(&self) -> &str {
        self.name.get_or_init(super::name)
    }

    /// The thread takes jobs under this tag from now on.
    pub fn begin(&self, wait: Wait) {
        self.inbox().waits.push(wait);
    }

    /// It does not any more. Gives back what is left.
    #[must_use = "what is left is to be refused"]
    pub fn end(&self, wait: Wait) -> Vec<Box<dyn Job>> {
        let mut inbox = self.inbox();
        if let Some(at) = inbox.waits.iter().rposition(|known| *known == wait) {
            inbox.waits.remove(at);
        }
        if inbox.jobs.is_empty() {
            return Vec::new();
        }
        let (left, kept) = std::mem::take(&mut inbox.jobs).into_iter().partition(|(tag, ..)| *tag == wait);
        inbox.jobs = kept;
        let left: VecDeque<(Wait, u64, Box<dyn Job>)> = left;
        left.into_iter().map(|(.., job)| job).collect()
    }

    /// Leaves a job under a tag; `number` tells it from others of the connection. Gives it back if the thread does not wait
    /// under that.
    ///
    /// # Errors
    ///
    /// The job.
    pub fn push(&self, wait: Wait, number: u64, job: Box<dyn Job>) -> Result<(), Box<dyn Job>> {
        let mut inbox = self.inbox();
        if !inbox.waits.contains(&wait) {
            return Err(job);
        }
        inbox.jobs.push_back((wait, number, job));
        drop(inbox);
        self.waiter.notify();
        Ok(())
    }

    /// Takes a job back, if the thread has not taken it yet.
    pub fn withdraw(&self, wait: Wait, number: u64) -> Option<Box<dyn Job>> {
        let mut inbox = self.inbox();
        let at = inbox.jobs.iter().position(|(tag, known, _)| *tag == wait && *known == number)?;
        inbox.jobs.remove(at).map(|(.., job)| job)
    }

    /// The next job of those that come back to a thread that waits for a call. A worker's further calls are none of them:
    /// they come after the one that it serves.
    pub fn nested(&self) -> Option<Box<dyn Job>> {
        let mut inbox = self.inbox();
        let at = inbox.jobs.iter().position(|(tag, ..)| tag.call != 0)?;
        inbox.jobs.remove(at).map(|(.., job)| job)
    }

    /// The next job of a worker.
    pub fn next(&self) -> Option<Box<dyn Job>> {
        self.inbox().jobs.pop_front().map(|(.., job)| job)
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        // No user code runs under this lock, so a poisoned one is whole.
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inbox = self.inbox();
        f.debug_struct("Post").field("waits", &inbox.waits).field("jobs", &inbox.jobs.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    struct Note(&'static str, mpsc::Sender<String>);

    impl Job for Note {
        fn run(self: Box<Self>) {
            self.1.send(format!("ran {}", self.0)).unwrap();
        }

        fn refuse(self: Box<Self>) {
            self.1.send(format!("refused {}", self.0)).unwrap();
        }
    }

    const WORKER: Wait = Wait { connection: 1, call: 0 };
    const CALL: Wait = Wait { connection: 1, call: 7 };
    const OTHER: Wait = Wait { connection: 2, call: 7 };

    #[test]
    fn jobs_are_for_a_wait_and_end_with_it() {
        let (notes, noted) = mpsc::channel();
        let post = Post::default();
        let note = |name| Box::new(Note(name, notes.clone()));
        assert!(post.push(CALL, 1, note("too early")).is_err());
        post.begin(CALL);
        post.begin(OTHER);
        for (tag, number, name) in [(CALL, 1, "a"), (OTHER, 1, "b"), (CALL, 2, "c")] {
            assert!(post.push(tag, number, note(name)).is_ok());
        }
        post.withdraw(CALL, 1).unwrap().refuse();
        post.end(CALL).into_iter().for_each(Job::refuse);
        assert!(post.push(CALL, 3, note("too late")).is_err());
        post.nested().unwrap().run();
        assert!(post.nested().is_none());
        drop(notes);
        assert_eq!(noted.iter().collect::<Vec<_>>(), ["refused a", "refused c", "ran b"]);
    }

    #[test]
    fn a_worker_that_waits_does_not_begin_its_next_call() {
        let (notes, noted) = mpsc::channel();
        let post = Post::default();
        post.begin(WORKER);
        post.begin(CALL);
        assert!(post.push(WORKER, 1, Box::new(Note("next", notes.clone()))).is_ok());
        assert!(post.push(CALL, 2, Box::new(Note("nested", notes.clone()))).is_ok());
        post.nested().unwrap().run();
        assert!(post.nested().is_none());
        assert!(post.end(CALL).is_empty());
        post.next().unwrap().run();
        drop((post, notes));
        assert_eq!(noted.iter().collect::<Vec<_>>(), ["ran nested", "ran next"]);
    }
}
