//! O1 and O2 under races: objects that cross while they are released.

use std::{sync::Arc, thread};

use crate::{
    case::{Case, cases},
    cases::tools::{Tally, step},
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    O1 ALL an_object_that_goes_out_again_while_it_is_released;
    O1 ALL a_proxy_that_comes_again_while_it_is_dropped;
    O1 ALL a_closure_that_comes_home_while_it_is_dropped;
    O1 ALL proxies_dropped_by_other_threads;
    O1 ALL objects_dropped_while_calls_to_them_run;
};

const THREADS: u32 = 4;
const ROUNDS: u32 = 300;

fn an_object_that_goes_out_again_while_it_is_released(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    let object = tally.counter();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    // Each call sends it, and has the server let go of it.
                    assert!(Arc::ptr_eq(&client.same(object.clone()).unwrap(), &object));
                }
            });
        }
    });
    drop(object);
    tally.until(0);
}

fn a_proxy_that_comes_again_while_it_is_dropped(world: &World) {
    let client = world.client();
    let sum: u64 = u64::from(THREADS * ROUNDS);
    drop(client.own().unwrap());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let kept = client.kept("own".into()).unwrap().expect("the server keeps it");
                    kept.add(1).unwrap();
                    drop(kept);
                }
            });
        }
    });
    assert_eq!(client.add_to_kept("own".into(), 0, false), Ok(sum));
    let kept = client.kept("own".into()).unwrap().unwrap();
    assert_eq!(client.is_own(kept), Ok(true));
    assert_eq!(client.forget("own".into()), Ok(true));
    client.until_live(0);
}

fn a_closure_that_comes_home_while_it_is_dropped(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    let closure = tally.step(|n| Ok(n + 1));
    thread::scope(|scope| {
        for n in 0..THREADS {
            let (client, closure) = (&client, &closure);
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    assert_eq!(client.down(n, closure.clone()), Ok(n + 1));
                    assert!(Arc::ptr_eq(&client.same_step(closure.clone()).unwrap(), closure));
                }
            });
        }
    });
    drop(closure);
    tally.until(0);
}

fn proxies_dropped_by_other_threads(world: &World) {
    let client = world.client();
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let (sender, client) = (sender.clone(), &client);
            scope.spawn(move || {
                for _ in 0..ROUNDS / 10 {
                    client.counters(5).unwrap().into_iter().for_each(|counter| sender.send(counter).unwrap());
                }
            });
        }
        drop(sender);
        // A thread that makes no calls of its own.
        scope.spawn(move || receiver.into_iter().for_each(drop));
    });
    client.until_live(0);
}

fn objects_dropped_while_calls_to_them_run(world: &World) {
    let client = world.client();
    for n in 0..ROUNDS / 3 {
        let counter = client.counter().unwrap();
        thread::scope(|scope| {
            let calling = counter.clone();
            let call = scope.spawn(move || calling.add(u64::from(n)));
            drop(counter);
            assert_eq!(call.join().unwrap(), Ok(u64::from(n)));
        });
        let child = client.counter().unwrap().child().unwrap();
        assert_eq!(child.add(1), Ok(1));
        let adder = client.adder(1).unwrap();
        assert_eq!(client.down(n, step(move |n| adder(n))), Ok(n + 1));
    }
    client.until_live(0);
}
