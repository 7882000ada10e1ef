//! T4: locks that are held across calls.

use std::{
    sync::{Arc, Condvar, Mutex},
    thread::{self, ThreadId},
};

use crate::{
    case::{Case, cases},
    cases::tools::{Tally, step},
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    T4 ALL a_reentrant_lock_is_taken_again_in_the_callback;
    T4 ALL a_lock_is_held_across_calls_of_many_threads;
    T4 ALL a_drop_may_need_the_lock_that_the_caller_holds;
};

/// A lock that its owner can take again.
#[derive(Default)]
struct Reentrant {
    owner: Mutex<Option<(ThreadId, u32)>>,
    free: Condvar,
}

impl Reentrant {
    fn with<T>(&self, run: impl FnOnce() -> T) -> T {
        let me = thread::current().id();
        let mut owner = self.owner.lock().unwrap();
        while owner.is_some_and(|(thread, _)| thread != me) {
            owner = self.free.wait(owner).unwrap();
        }
        *owner = Some((me, owner.map_or(1, |(_, depth)| depth + 1)));
        drop(owner);
        let value = run();
        let mut owner = self.owner.lock().unwrap();
        *owner = owner.and_then(|(thread, depth)| (depth > 1).then_some((thread, depth - 1)));
        drop(owner);
        self.free.notify_all();
        value
    }
}

fn a_reentrant_lock_is_taken_again_in_the_callback(world: &World) {
    let client = world.client();
    let lock = Arc::<Reentrant>::default();
    let locking = {
        let (lock, lab) = (lock.clone(), client.lab.clone());
        step(move |n| lock.with(|| lab.down(n + 1, step(Ok))))
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..50 {
                    assert_eq!(lock.with(|| client.down(n, locking.clone())), Ok(n + 1));
                }
            });
        }
    });
}

fn a_lock_is_held_across_calls_of_many_threads(world: &World) {
    let client = world.client();
    let sum = Mutex::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let mut sum = sum.lock().unwrap();
                    *sum = client.add_now(*sum, 1).unwrap();
                    *sum = client.down(*sum, step(Ok)).unwrap();
                }
            });
        }
    });
    assert_eq!(*sum.lock().unwrap(), 200);
}

/// The peer lets go of an object while the thread that waits holds the lock that the object's destructor takes: it may not
/// run on that thread, nor keep the reply from coming.
fn a_drop_may_need_the_lock_that_the_caller_holds(world: &World) {
    struct Locks(Arc<Mutex<u32>>);
    impl Drop for Locks {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
        }
    }
    let client = world.client();
    let (lock, tally) = (Arc::new(Mutex::new(0)), Tally::default());
    for _ in 0..20 {
        let (locks, counted) = (Locks(lock.clone()), tally.counted());
        let object = step(move |n| {
            let _captured = (&locks, &counted);
            Ok(n)
        });
        client.keep_step("locks".into(), object).unwrap();
        let held = lock.lock().unwrap();
        assert_eq!(client.forget("locks".into()), Ok(true));
        // The release comes before these replies do.
        assert_eq!(client.nothing(), Ok(()));
        assert_eq!(client.down(1, step(Ok)), Ok(1));
        drop(held);
    }
    tally.until(0);
    assert_eq!(*lock.lock().unwrap(), 20);
}
