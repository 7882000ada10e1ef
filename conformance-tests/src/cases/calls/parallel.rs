//! C5 and C6: calls beside and after each other.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crate::{
    case::{Case, cases},
    cases::tools::step,
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    C5 ALL three_calls_that_need_each_other;
    C5 ALL many_calls_that_need_each_other;
    C5 ALL a_blocked_call_blocks_no_other_thread;
    C5 ALL a_blocked_callback_blocks_no_other_thread;
    C5 ALL large_messages_that_cross;
    C5 ALL both_sides_write_more_than_a_socket_holds;
    C5 ALL small_calls_beside_large_ones;
    C5 ALL many_connections_at_once;
    C6 ALL calls_of_one_thread_arrive_in_order;
    C6 ALL calls_of_many_threads_arrive_in_order_each;
    C6 ALL calls_of_nested_callbacks_arrive_in_order;
    C6 ALL each_call_arrives_once;
};

fn three_calls_that_need_each_other(world: &World) {
    meet(world, 3);
}

fn many_calls_that_need_each_other(world: &World) {
    meet(world, 40);
}

fn meet(world: &World, count: u32) {
    let client = world.client();
    thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| {
                for round in 0..3 {
                    assert_eq!(client.meet(format!("round {round}"), count), Ok(()));
                }
            });
        }
    });
}

fn a_blocked_call_blocks_no_other_thread(world: &World) {
    let client = world.client();
    thread::scope(|scope| {
        let blocked = scope.spawn(|| client.wait_for("go".into()));
        client.until_blocked("go", 1);
        let others: Vec<_> = (0..3u32)
            .map(|n| {
                let client = &client;
                scope.spawn(move || {
                    for m in 0..200 {
                        assert_eq!(client.add_now(n, m), Ok(n + m));
                        assert_eq!(client.down(m, step(Ok)), Ok(m));
                    }
                })
            })
            .collect();
        others.into_iter().for_each(|other| other.join().unwrap());
        assert!(!blocked.is_finished());
        client.happen("go".into()).unwrap();
        assert_eq!(blocked.join().unwrap(), Ok(()));
    });
}

fn a_blocked_callback_blocks_no_other_thread(world: &World) {
    let client = world.client();
    let (inside, outside) = (std::sync::Arc::new(Barrier::new(2)), std::sync::Arc::new(Barrier::new(2)));
    thread::scope(|scope| {
        let blocking = {
            let (inside, outside) = (inside.clone(), outside.clone());
            step(move |number| {
                inside.wait();
                outside.wait();
                Ok(number)
            })
        };
        let blocked = scope.spawn(|| client.down(5, blocking));
        inside.wait();
        for n in 0..200 {
            assert_eq!(client.add_now(n, 1), Ok(n + 1));
            assert_eq!(client.down(n, step(Ok)), Ok(n));
        }
        outside.wait();
        assert_eq!(blocked.join().unwrap(), Ok(5));
    });
}

/// 32 MiB each way, at the same time, over sockets that hold much less.
fn large_messages_that_cross(world: &World) {
    let client = world.client();
    let bytes: Vec<u8> = (0..32 << 20).map(|n: u32| (n % 251) as u8).collect();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert!(client.bytes(bytes.clone()).unwrap() == bytes, "they came back changed"));
        }
    });
}

/// Each side has much to write all the time, in calls and in answers: who does not read while it writes waits for ever, for
/// one that does the same.
fn both_sides_write_more_than_a_socket_holds(world: &World) {
    const LARGE: usize = 4 << 20;
    const THREADS: usize = 3;
    let client = world.client();
    for _ in 0..2 {
        let start = Barrier::new(3 * THREADS + 1);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    start.wait();
                    assert_eq!(client.length(vec![1; LARGE]), Ok(LARGE as u64));
                });
                scope.spawn(|| {
                    start.wait();
                    assert_eq!(client.make_bytes(LARGE as u64).map(|bytes| bytes.len()), Ok(LARGE));
                });
                // Answers of this side.
                scope.spawn(|| {
                    start.wait();
                    assert_eq!(client.gather(2, std::sync::Arc::new(|_| Ok(vec![1; LARGE]))), Ok(2 * LARGE as u64));
                });
            }
            start.wait();
            assert_eq!(client.add_now(1, 2), Ok(3));
        });
    }
}

fn small_calls_beside_large_ones(world: &World) {
    let client = world.client();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let large = scope.spawn(|| {
            for _ in 0..4 {
                assert_eq!(client.length(vec![1; 16 << 20]), Ok(16 << 20));
                assert_eq!(client.make_bytes(16 << 20).map(|bytes| bytes.len()), Ok(16 << 20));
            }
            done.store(true, Ordering::SeqCst);
        });
        for n in 0u32.. {
            assert_eq!(client.add_now(n, 1), Ok(n + 1));
            if done.load(Ordering::SeqCst) || large.is_finished() {
                break;
            }
        }
        large.join().unwrap();
    });
}

fn many_connections_at_once(world: &World) {
    let clients: Vec<_> = (0..20).map(|_| world.client()).collect();
    thread::scope(|scope| {
        for client in &clients {
            for n in 0..3 {
                scope.spawn(move || {
                    for _ in 0..20 {
                        assert_eq!(client.add_now(n, 1), Ok(n + 1));
                        assert_eq!(client.down(n, step(Ok)), Ok(n));
                    }
                    // All threads of all connections at the same time.
                    assert_eq!(client.meet("all".into(), 60), Ok(()));
                });
            }
        }
    });
}

fn calls_of_one_thread_arrive_in_order(world: &World) {
    let client = world.client();
    for number in 0..1000 {
        client.note(number).unwrap();
    }
    assert_eq!(client.notes(), Ok((0..1000).collect()));
}

fn calls_of_many_threads_arrive_in_order_each(world: &World) {
    let client = world.client();
    thread::scope(|scope| {
        for thread in 0..4u64 {
            let client = &client;
            scope.spawn(move || (0..300).for_each(|number| client.note(thread << 32 | number).unwrap()));
        }
    });
    let notes = client.notes().unwrap();
    for thread in 0..4 {
        let of_thread: Vec<u64> =
            notes.iter().filter(|note| **note >> 32 == thread).map(|note| *note as u32 as u64).collect();
        assert_eq!(of_thread, (0..300).collect::<Vec<u64>>());
    }
}

fn calls_of_nested_callbacks_arrive_in_order(world: &World) {
    let client = world.client();
    let lab = client.lab.clone();
    let noting = step(move |number| {
        lab.note(u64::from(number))?;
        if number % 2 == 0 {
            lab.down(number + 1, step(Ok))?;
        }
        Ok(0)
    });
    for number in 0..100 {
        client.note(1000 + u64::from(number)).unwrap();
        client.down(number, noting.clone()).unwrap();
    }
    let expected: Vec<u64> = (0..100).flat_map(|number| [1000 + number, number]).collect();
    assert_eq!(client.notes(), Ok(expected));
}

/// With a thread to run on and without.
fn each_call_arrives_once(world: &World) {
    let client = world.client();
    for number in 1..=200 {
        assert_eq!(client.count_now(), Ok(number));
        client.note(number).unwrap();
    }
    assert_eq!(client.notes(), Ok((1..=200).collect()));
    assert_eq!(client.count_now(), Ok(201));
}
