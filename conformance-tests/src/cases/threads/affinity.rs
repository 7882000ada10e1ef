//! T1: which thread of the server serves whom.

use std::{collections::HashSet, thread};

use crate::{
    case::{Case, cases},
    cases::tools::step,
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    T1 ALL one_thread_is_served_by_one_thread;
    T1 ALL different_threads_are_served_by_different_ones;
    T1 ALL thread_locals_persist;
    T1 ALL a_callbacks_calls_run_on_the_same_server_thread;
    T1 ALL each_connection_has_threads_of_its_own;
    T1 ALL calls_without_a_context_take_no_server_thread;
    T1 ALL the_first_calls_of_many_threads_at_once;
};

fn one_thread_is_served_by_one_thread(world: &World) {
    let client = world.client();
    let first = client.thread().unwrap();
    for n in 0..100 {
        assert_eq!(client.thread(), Ok(first.clone()));
        client.add_now(n, 1).unwrap();
    }
    let counter = client.counter().unwrap();
    counter.add(1).unwrap();
    assert_eq!(client.thread(), Ok(first));
}

fn different_threads_are_served_by_different_ones(world: &World) {
    let client = world.client();
    thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mine = client.thread().unwrap();
                    // So that they are alive at the same time.
                    client.meet("all".into(), 8).unwrap();
                    assert_eq!(client.thread(), Ok(mine.clone()));
                    mine
                })
            })
            .collect();
        let threads: HashSet<_> = all.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(threads.len(), 8, "{threads:?}");
        assert!(!threads.contains(&client.thread().unwrap()));
    });
}

fn thread_locals_persist(world: &World) {
    let client = world.client();
    thread::scope(|scope| {
        for n in 1..=4 {
            let client = &client;
            scope.spawn(move || {
                assert_eq!(client.set_local(n), Ok(0));
                for _ in 0..50 {
                    assert_eq!(client.set_local(n), Ok(n));
                }
            });
        }
    });
    assert_eq!(client.set_local(9), Ok(0));
}

fn a_callbacks_calls_run_on_the_same_server_thread(world: &World) {
    let client = world.client();
    client.set_local(7).unwrap();
    let lab = client.lab.clone();
    let nested = step(move |_| Ok(lab.set_local(8)? as u32));
    assert_eq!(client.down(0, nested), Ok(7));
    assert_eq!(client.set_local(0), Ok(8));
}

fn each_connection_has_threads_of_its_own(world: &World) {
    let (one, other) = (world.client(), world.client());
    assert_ne!(one.thread().unwrap().number, other.thread().unwrap().number);
    one.set_local(7).unwrap();
    assert_eq!(other.set_local(8), Ok(0));
}

fn calls_without_a_context_take_no_server_thread(world: &World) {
    let client = world.client();
    let before = client.held_there().server_threads;
    thread::scope(|scope| {
        scope.spawn(|| (0..10).for_each(|n| assert_eq!(client.add_now(n, n), Ok(2 * n)))).join().unwrap();
    });
    assert_eq!(client.held_there().server_threads, before);
}

fn the_first_calls_of_many_threads_at_once(world: &World) {
    for _ in 0..10 {
        let client = world.client();
        thread::scope(|scope| {
            for _ in 0..10 {
                scope.spawn(|| assert_eq!(client.thread().unwrap(), client.thread().unwrap()));
            }
        });
    }
}
