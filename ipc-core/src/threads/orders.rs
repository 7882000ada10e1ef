//! What threads hand to each other, in many orders of the threads. Shuttle reports it if all wait.

use std::sync::atomic::{AtomicU32, Ordering};

use shuttle::{
    sync::{Arc, Mutex, mpsc},
    thread,
};

use super::{Cleanup, Job, Post, Wait, Waiter, Wake, WorkerCount, spawn};
use crate::explore;

const CALL: Wait = Wait { connection: 1, call: 1 };
const OUTER: Wait = Wait { connection: 2, call: 7 };
const WORKER: Wait = Wait { connection: 1, call: 0 };

#[derive(Default)]
struct Count {
    ran: AtomicU32,
    refused: AtomicU32,
}

impl Count {
    fn ended(&self) -> u32 {
        self.ran.load(Ordering::SeqCst) + self.refused.load(Ordering::SeqCst)
    }
}

struct Counted(Arc<Count>);

impl Job for Counted {
    fn run(self: Box<Self>) {
        self.0.ran.fetch_add(1, Ordering::SeqCst);
    }

    fn refuse(self: Box<Self>) {
        self.0.refused.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn no_notification_is_lost() {
    explore(|| {
        let waiter = Arc::new(Waiter::default());
        let done = Arc::new(AtomicU32::new(0));
        let tellers: Vec<_> = (0..2)
            .map(|_| {
                let (waiter, done) = (waiter.clone(), done.clone());
                thread::spawn(move || {
                    done.fetch_add(1, Ordering::SeqCst);
                    waiter.notify();
                })
            })
            .collect();
        while done.load(Ordering::SeqCst) < 2 {
            assert_eq!(waiter.park(None), Wake::Event);
        }
        tellers.into_iter().for_each(|teller| teller.join().unwrap());
    });
}

#[test]
fn a_job_is_run_or_refused_once() {
    explore(|| {
        let post = Arc::new(Post::default());
        let count = Arc::new(Count::default());
        let done = Arc::new(AtomicU32::new(0));
        post.begin(OUTER);
        post.begin(CALL);
        let givers: Vec<_> = [CALL, OUTER]
            .into_iter()
            .map(|wait| {
                let (post, count, done) = (post.clone(), count.clone(), done.clone());
                thread::spawn(move || {
                    if let Err(job) = post.push(wait, wait.call, Box::new(Counted(count))) {
                        job.refuse();
                    }
                    // The reply of the inner call comes after its callback.
                    if wait == CALL {
                        done.fetch_add(1, Ordering::SeqCst);
                        post.waiter().notify();
                    }
                })
            })
            .collect();
        while done.load(Ordering::SeqCst) == 0 {
            match post.nested() {
                Some(job) => job.run(),
                None => drop(post.waiter().park(None)),
            }
        }
        post.end(CALL).into_iter().for_each(Job::refuse);
        post.end(OUTER).into_iter().for_each(Job::refuse);
        givers.into_iter().for_each(|giver| giver.join().unwrap());
        assert_eq!(count.ended(), 2);
    });
}

#[test]
fn a_job_is_taken_or_withdrawn_and_not_both() {
    explore(|| {
        let post = Arc::new(Post::default());
        let count = Arc::new(Count::default());
        post.begin(CALL);
        assert!(post.push(CALL, 1, Box::new(Counted(count.clone()))).is_ok());
        let canceller = {
            let post = post.clone();
            thread::spawn(move || post.withdraw(CALL, 1).map(Job::refuse).is_some())
        };
        let ran = post.nested().map(Job::run).is_some();
        let withdrawn = canceller.join().unwrap();
        assert!(ran != withdrawn, "taken: {ran}, withdrawn: {withdrawn}");
        assert_eq!(count.ended(), 1);
    });
}

#[test]
fn a_worker_runs_its_calls_in_order_and_then_ends() {
    explore(|| {
        let workers = WorkerCount::new(1);
        let slot = workers.take("worker").unwrap();
        let post = Arc::new(Post::default());
        post.begin(WORKER);
        let (ends, ended) = mpsc::channel();
        let worker = spawn("worker", slot, {
            let post = post.clone();
            move || {
                Post::adopt(post.clone());
                while ended.try_recv().is_err() {
                    match post.next() {
                        Some(job) => job.run(),
                        None => drop(post.waiter().park(None)),
                    }
                }
                post.end(WORKER).into_iter().for_each(Job::refuse);
            }
        });
        struct Noted(u64, Arc<Mutex<Vec<u64>>>);
        impl Job for Noted {
            fn run(self: Box<Self>) {
                self.1.lock().unwrap().push(self.0);
            }
            fn refuse(self: Box<Self>) {
                self.1.lock().unwrap().push(self.0);
            }
        }
        let notes = Arc::new(Mutex::new(Vec::new()));
        for number in 1..=3 {
            assert!(post.push(WORKER, number, Box::new(Noted(number, notes.clone()))).is_ok());
        }
        ends.send(()).unwrap();
        post.waiter().notify();
        worker.unwrap().join().unwrap();
        assert_eq!(*notes.lock().unwrap(), [1, 2, 3]);
        assert_eq!(workers.live(), 0);
        assert!(workers.take("another").is_ok());
    });
}

#[test]
fn clean_up_is_done_once_in_order_be_it_at_once_or_soon() {
    for soon in [[false, true, false], [true, false, true], [true, true, true]] {
        explore(move || {
            let cleanup = Cleanup::default();
            let (sender, receiver) = mpsc::channel();
            for (number, soon) in (0..).zip(soon) {
                let sender = sender.clone();
                let work = move || sender.send(number).unwrap();
                if soon { cleanup.run_soon(work) } else { cleanup.run(work) }
            }
            drop(sender);
            // Nobody wakes the thread for the last.
            assert_eq!(receiver.iter().collect::<Vec<_>>(), [0, 1, 2]);
        });
    }
}
