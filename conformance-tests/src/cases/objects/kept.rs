//! O3 and O5: objects and callbacks that are stored, and called later.

use std::{sync::Arc, thread};

use crate::{
    case::{Case, cases},
    cases::tools::{Tally, step},
    wait::until_equal,
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    O3 ALL a_stored_object_is_called_from_any_thread;
    O3 ALL a_proxy_is_called_from_many_threads;
    O3 ALL a_stored_callback_is_called_from_any_thread;
    O3 ALL a_stored_callback_is_called_on_behalf_of_another_client;
    O5 ALL a_callback_outlives_its_call;
    O5 ALL a_saved_callback_is_held_once_and_let_go_of;
    O5 ALL a_callback_outlives_the_thread_that_passed_it;
    O5 ALL a_callback_outlives_a_call_that_failed;
};

fn a_stored_object_is_called_from_any_thread(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    client.keep("object".into(), tally.counter()).unwrap();
    for n in 1..=20 {
        assert_eq!(client.add_to_kept("object".into(), 1, n % 2 == 0), Ok(n));
    }
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..20).all(|n| client.add_to_kept("object".into(), 1, n % 2 == 0).is_ok()));
        }
    });
    assert_eq!(client.add_to_kept("object".into(), 0, true), Ok(100));
    client.forget("object".into()).unwrap();
    tally.until(0);
}

fn a_proxy_is_called_from_many_threads(world: &World) {
    let client = world.client();
    let counter = client.counter().unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..50).all(|_| counter.add(1).is_ok()));
        }
    });
    assert_eq!(counter.add(0), Ok(400));
}

fn a_stored_callback_is_called_from_any_thread(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    client.keep_step("step".into(), tally.step(|n| Ok(n * 2))).unwrap();
    thread::scope(|scope| {
        for n in 0..4 {
            let client = &client;
            scope.spawn(move || {
                for m in 0..20 {
                    assert_eq!(client.call_kept("step".into(), n, m % 2 == 0), Ok(2 * n));
                }
            });
        }
    });
    client.forget("step".into()).unwrap();
    tally.until(0);
}

fn a_stored_callback_is_called_on_behalf_of_another_client(world: &World) {
    let (one, other) = (world.client(), world.client());
    let tally = Tally::default();
    one.keep_step("step".into(), tally.step(|n| Ok(n + 1))).unwrap();
    for n in 0..20 {
        assert_eq!(other.call_kept("step".into(), n, n % 2 == 0), Ok(n + 1));
    }
    other.forget("step".into()).unwrap();
    tally.until(0);
}

fn a_callback_outlives_its_call(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    for n in 0..3 {
        client.keep_step(n.to_string(), tally.step(move |m| Ok(m + n))).unwrap();
    }
    for n in 0..50 {
        client.add_now(n, n).unwrap();
    }
    assert_eq!(tally.live(), 3);
    for n in 0..3u32 {
        assert_eq!(client.call_kept(n.to_string(), 10, false), Ok(10 + n));
        client.forget(n.to_string()).unwrap();
    }
    tally.until(0);
}

fn a_saved_callback_is_held_once_and_let_go_of(world: &World) {
    let client = world.client();
    let callback = step(|n| Ok(n + 1));
    for _ in 0..5 {
        assert_eq!(Arc::strong_count(&callback), 1);
        client.keep_step("callback".into(), callback.clone()).unwrap();
        // Of what the call held beside that, it has let go by now or soon.
        until_equal("references to a saved callback", 2, || Arc::strong_count(&callback));
        // Saved once more, and called, it is the same.
        client.keep_step("again".into(), callback.clone()).unwrap();
        assert_eq!(client.call_kept("again".into(), 1, false), Ok(2));
        assert_eq!(client.forget("again".into()), Ok(true));
        assert_eq!(client.call_kept("callback".into(), 1, true), Ok(2));
        until_equal("references to a saved callback", 2, || Arc::strong_count(&callback));
        assert_eq!(client.forget("callback".into()), Ok(true));
        until_equal("references to a callback that is saved no more", 1, || Arc::strong_count(&callback));
    }
}

fn a_callback_outlives_the_thread_that_passed_it(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    thread::scope(|scope| {
        scope.spawn(|| client.keep_step("step".into(), tally.step(|n| Ok(n + 1))).unwrap()).join().unwrap();
    });
    assert_eq!(client.call_kept("step".into(), 1, false), Ok(2));
    assert_eq!(client.call_kept("step".into(), 2, true), Ok(3));
    client.forget("step".into()).unwrap();
    tally.until(0);
}

fn a_callback_outlives_a_call_that_failed(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    let lab = client.lab.clone();
    let keeping = {
        let tally = tally.clone();
        tally.clone().step(move |_| {
            lab.keep_step("inner".into(), tally.step(|n| Ok(n + 1)))?;
            lab.fail_with("Overloaded".into(), "after it was kept".into())?;
            Ok(0)
        })
    };
    client.down(0, keeping).unwrap_err();
    tally.until(1);
    assert_eq!(client.call_kept("inner".into(), 1, true), Ok(2));
    client.forget("inner".into()).unwrap();
    tally.until(0);
}
