//! How one thread tells another.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use ipc_core::threads::Waiter;

use super::Step;

pub(super) const STEPS: &[Step] = &[
    Step { name: "waiter_told_before", threads: false, run: told_before },
    Step { name: "waiter_there_and_back", threads: true, run: there_and_back },
];

/// What comes before the thread parks costs no system call.
fn told_before(times: u64) {
    let waiter = Waiter::default();
    for _ in 0..times {
        waiter.notify();
        waiter.park(None);
    }
}

/// Two threads that wake each other in turn.
fn there_and_back(times: u64) {
    let turn = Arc::new(AtomicU64::new(0));
    let (here, there) = (Arc::new(Waiter::default()), Arc::new(Waiter::default()));
    let other = thread::spawn({
        let (turn, here, there) = (turn.clone(), here.clone(), there.clone());
        move || {
            for round in 0..times {
                wait(&there, &turn, 2 * round + 1);
                turn.store(2 * round + 2, Ordering::Release);
                here.notify();
            }
        }
    });
    for round in 0..times {
        turn.store(2 * round + 1, Ordering::Release);
        there.notify();
        wait(&here, &turn, 2 * round + 2);
    }
    other.join().expect("the other thread does not panic");
}

fn wait(waiter: &Waiter, turn: &AtomicU64, until: u64) {
    while turn.load(Ordering::Acquire) != until {
        waiter.park(None);
    }
}
