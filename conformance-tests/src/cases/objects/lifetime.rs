//! O1: how long objects live.

use std::{
    panic::resume_unwind,
    sync::{Mutex, mpsc},
    thread,
};

use crate::{
    case::{Case, cases},
    cases::tools::{Tally, own, step},
    wait::until_equal,
    world::{Client, World},
};

pub(super) const CASES: &[Case] = cases! {
    O1 ALL an_object_of_the_servers_is_dropped_with_its_last_proxy;
    O1 ALL an_object_of_ours_is_dropped_when_the_server_forgets_it;
    O1 ALL an_object_that_came_often_is_dropped;
    O1 ALL an_idle_connection_drops_it_too;
    O1 ALL an_argument_that_nobody_keeps_is_dropped;
    O1 ALL objects_of_calls_that_fail_are_dropped;
    O1 ALL an_object_lives_until_its_last_connection_lets_go;
    O1 ALL an_object_outlives_the_connection_that_it_went_over;
    O1 ALL objects_in_lists_are_dropped_each;
    O1 ALL a_proxy_that_a_callback_got_is_dropped;
    O1 ALL a_drop_may_call_the_peer;
    O1 ALL a_drop_may_wait_for_that_of_another_connection;
    O1 ALL nothing_is_held_in_the_end;
};

fn an_object_of_the_servers_is_dropped_with_its_last_proxy(world: &World) {
    let client = world.client();
    let counter = client.counter().unwrap();
    let same = counter.clone();
    assert_eq!(client.live(), Ok(1));
    drop(counter);
    assert_eq!(same.add(1), Ok(1));
    assert_eq!(client.live(), Ok(1));
    drop(same);
    client.until_live(0);
}

fn an_object_of_ours_is_dropped_when_the_server_forgets_it(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    client.keep("object".into(), tally.counter()).unwrap();
    client.keep_step("step".into(), tally.step(Ok)).unwrap();
    assert_eq!(client.add_to_kept("object".into(), 5, false), Ok(5));
    assert_eq!(tally.live(), 2);
    assert_eq!(client.forget("object".into()), Ok(true));
    tally.until(1);
    assert_eq!(client.call_kept("step".into(), 5, false), Ok(5));
    assert_eq!(client.forget("step".into()), Ok(true));
    tally.until(0);
}

/// Nothing else is sent on the connection that the object is on: the release may wait for no other message.
fn an_idle_connection_drops_it_too(world: &World) {
    let (idle, control) = (world.client(), world.client());
    let counter = idle.counter().unwrap();
    let tally = Tally::default();
    idle.keep("object".into(), tally.counter()).unwrap();
    assert_eq!(control.live(), Ok(1));
    drop(counter);
    control.until_live(0);
    assert_eq!(control.forget("object".into()), Ok(true));
    tally.until(0);
}

fn an_argument_that_nobody_keeps_is_dropped(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    for n in 0..50 {
        assert_eq!(client.down(n, tally.step(Ok)), Ok(n));
        client.is_own(tally.counter()).unwrap();
        drop(client.same(tally.counter()).unwrap());
    }
    tally.until(0);
}

fn objects_of_calls_that_fail_are_dropped(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    client.down(0, tally.step(|_| Err(own("no")))).unwrap_err();
    client.down(0, tally.step(|_| resume_unwind(Box::new("boom")))).unwrap_err();
    let lab = client.lab.clone();
    client.down(0, tally.step(move |_| lab.panic(Some("boom".into())).map(|()| 0))).unwrap_err();
    tally.until(0);
}

fn an_object_lives_until_its_last_connection_lets_go(world: &World) {
    let (one, other) = (world.client(), world.client());
    let tally = Tally::default();
    let counter = tally.counter();
    one.keep("one".into(), counter.clone()).unwrap();
    other.keep("other".into(), counter).unwrap();
    assert_eq!(one.forget("one".into()), Ok(true));
    assert_eq!(other.add_to_kept("other".into(), 2, false), Ok(2));
    assert_eq!(tally.live(), 1);
    assert_eq!(other.forget("other".into()), Ok(true));
    tally.until(0);
}

fn an_object_outlives_the_connection_that_it_went_over(world: &World) {
    let (client, other) = (world.client(), world.client());
    let own = client.own().unwrap();
    assert_eq!(own.add(5), Ok(5));
    (client.cut)();
    until_equal("losses that the server was told", Ok(1), || other.losses(client.number));
    // The server keeps it, and so it goes over the next one as the same.
    let again = other.kept("own".into()).unwrap().unwrap();
    assert_eq!(again.add(1), Ok(6));
    assert_eq!(other.is_own(again.clone()), Ok(true));
    assert!(own.add(1).is_err());
    drop(own);
    assert_eq!(other.forget("own".into()), Ok(true));
    assert_eq!((other.live(), again.add(1)), (Ok(1), Ok(7)));
    drop(again);
    other.until_live(0);
}

fn objects_in_lists_are_dropped_each(world: &World) {
    let client = world.client();
    let mut counters = client.counters(100).unwrap();
    assert_eq!(client.live(), Ok(100));
    for (n, counter) in (0..).zip(&counters) {
        assert_eq!(counter.add(n), Ok(n));
    }
    counters.truncate(30);
    client.until_live(30);
    assert_eq!(counters[29].add(0), Ok(29));
    drop(counters);
    client.until_live(0);
    let tally = Tally::default();
    let ours: Vec<_> = (0..100).map(|_| tally.counter()).collect();
    drop(client.reversed(ours).unwrap());
    tally.until(0);
}

fn a_proxy_that_a_callback_got_is_dropped(world: &World) {
    let client = world.client();
    let lab = client.lab.clone();
    let making = step(move |n| Ok(lab.counter()?.child()?.add(u64::from(n))? as u32));
    assert_eq!(client.down(7, making), Ok(7));
    client.until_live(0);
}

/// Does something when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn a_drop_may_call_the_peer(world: &World) {
    let client = world.client();
    let (dropped, drops) = mpsc::channel();
    let dropped = Mutex::new(dropped);
    let calling = {
        let lab = client.lab.clone();
        OnDrop(move || dropped.lock().unwrap().send((lab.add_now(1, 2), lab.down(7, step(Ok)))).unwrap())
    };
    let object = step(move |n| {
        let _captured = &calling;
        Ok(n)
    });
    client.keep_step("object".into(), object).unwrap();
    assert_eq!(client.forget("object".into()), Ok(true));
    assert_eq!(drops.recv(), Ok((Ok(3), Ok(7))));
    assert_eq!(client.nothing(), Ok(()));
}

fn a_drop_may_wait_for_that_of_another_connection(world: &World) {
    let (one, other) = (world.client(), world.client());
    let tally = Tally::default();
    let (dropped, drops) = mpsc::channel::<()>();
    let (telling, drops) = (Mutex::new(dropped), Mutex::new(drops));
    let (begun, begins) = mpsc::channel();
    let (counted, begun) = (tally.counted(), Mutex::new(begun));
    let waits = OnDrop(move || {
        let _captured = &counted;
        begun.lock().unwrap().send(()).unwrap();
        drops.lock().unwrap().recv().unwrap();
    });
    let tells = OnDrop(move || telling.lock().unwrap().send(()).unwrap());
    let keep = |client: &Client, captured: Box<dyn Send + Sync>| {
        let object = step(move |n| {
            let _captured = &captured;
            Ok(n)
        });
        client.keep_step(client.number.to_string(), object).unwrap();
    };
    keep(&one, Box::new(waits));
    keep(&other, Box::new(tells));
    assert_eq!(one.forget(one.number.to_string()), Ok(true));
    begins.recv().unwrap();
    assert_eq!(other.forget(other.number.to_string()), Ok(true));
    tally.until(0);
}

fn nothing_is_held_in_the_end(world: &World) {
    let client = world.client();
    let before = client.settled();
    let tally = Tally::default();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..20 {
                    let counters = client.counters(3).unwrap();
                    drop(client.reversed(counters).unwrap());
                    client.down(n, tally.step(Ok)).unwrap();
                }
            });
        }
    });
    client.until_live(0);
    tally.until(0);
    until_equal("what both sides hold", before, || client.held_by_both());
}

/// Each time it came counts, however they are given back.
fn an_object_that_came_often_is_dropped(world: &World) {
    let client = world.client();
    for times in [1, 2, 5] {
        let counter = client.counter().unwrap();
        let again: Vec<_> = (0..times).map(|_| client.same(counter.clone()).unwrap()).collect();
        client.until_live(1);
        drop((counter, again));
        client.until_live(0);
        let tally = Tally::default();
        let names: Vec<_> = (0..times).map(|n| format!("kept {n}")).collect();
        let ours = tally.counter();
        names.iter().for_each(|name| client.keep(name.clone(), ours.clone()).unwrap());
        drop(ours);
        assert_eq!(tally.live(), 1);
        names.iter().for_each(|name| assert_eq!(client.forget(name.clone()), Ok(true)));
        tally.until(0);
    }
}
