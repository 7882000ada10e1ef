//! F9: closing a connection.

use std::{sync::mpsc, thread, time::Duration};

use ipc_core::ExceptionKind::{Disconnected, Interrupted};

use crate::{
    case::{Case, cases},
    cases::tools::{Tally, kind, named, step},
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    F9 ALL close_drains_what_is_served;
    F9 ALL close_reports_the_threads_that_still_run;
    F9 ALL close_interrupts_calls_made;
    F9 ALL close_releases_all_objects;
    F9 ALL close_joins_all_threads;
    F9 ALL close_twice;
    F9 ALL close_from_within_a_handler;
    F9 ALL close_from_within_a_callback;
    F9 ALL close_tells_the_other_side;
    F9 ALL dropping_everything_closes;
    F9 PROCESSES close_with_a_stopped_peer;
};

const LONG: u64 = 50_000;

fn close_drains_what_is_served(world: &World) {
    let (client, control) = (world.client(), world.client());
    thread::scope(|scope| {
        let call = scope.spawn(|| client.wait_for("go".into()));
        control.until_blocked("go", 1);
        let (closed, close) = mpsc::channel();
        scope.spawn(|| {
            let closed = closed;
            closed.send(control.close(client.number, LONG)).unwrap();
        });
        // What comes now is not served any more; what runs is waited for.
        crate::until("a further call is refused", || {
            thread::scope(|scope| scope.spawn(|| client.nothing().is_err()).join().unwrap())
        });
        assert_eq!(close.try_recv(), Err(mpsc::TryRecvError::Empty));
        assert!(!call.is_finished() && client.connection.is_connected());
        control.happen("go".into()).unwrap();
        assert_eq!(call.join().unwrap(), Ok(()));
        assert_eq!(close.recv().unwrap(), Ok(Vec::new()));
    });
    crate::until("the loss is noticed", || !client.connection.is_connected());
    assert_eq!(kind(client.nothing()), Disconnected);
}

fn close_reports_the_threads_that_still_run(world: &World) {
    let (client, control) = (world.client(), world.client());
    thread::scope(|scope| {
        let calls: Vec<_> =
            ["busy-1", "busy-2"].iter().map(|name| named(scope, name, || client.wait_for("go".into()))).collect();
        control.until_blocked("go", 2);
        let still = control.close(client.number, 50).unwrap();
        for name in ["busy-1", "busy-2"] {
            assert!(still.iter().any(|thread| thread.contains(name)), "{still:?} has no {name}");
        }
        for call in calls {
            assert_eq!(kind(call.join().unwrap()), Interrupted);
        }
    });
    control.happen("go".into()).unwrap();
    control.until_blocked("go", 0);
}

fn close_interrupts_calls_made(world: &World) {
    let (client, control) = (world.client(), world.client());
    thread::scope(|scope| {
        let call = scope.spawn(|| client.wait_for("go".into()));
        control.until_blocked("go", 1);
        assert_eq!(client.connection.close(Duration::from_millis(50)), Ok(()));
        assert_eq!(kind(call.join().unwrap()), Interrupted);
    });
    assert!(!client.connection.is_connected());
    assert_eq!(kind(client.nothing()), Disconnected);
    control.happen("go".into()).unwrap();
}

fn close_releases_all_objects(world: &World) {
    let (client, control) = (world.client(), world.client());
    let tally = Tally::default();
    let theirs = client.counters(20).unwrap();
    client.keep("object".into(), tally.counter()).unwrap();
    client.keep_step("step".into(), tally.step(Ok)).unwrap();
    assert_eq!(client.connection.close(Duration::from_millis(LONG)), Ok(()));
    // At once, not soon: close waits for it.
    assert_eq!(tally.live(), 0);
    control.until_live(0);
    drop(theirs);
}

fn close_joins_all_threads(world: &World) {
    let (client, control) = (world.client(), world.client());
    thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| client.hold_local(None).unwrap());
        }
    });
    client.hold_local(None).unwrap();
    assert_eq!(control.close(client.number, LONG), Ok(Vec::new()));
    crate::until("the thread-locals of server threads are dropped", || control.live_locals() == Ok(0));
    assert_eq!(control.held(client.number), Ok(None));
}

fn close_twice(world: &World) {
    let client = world.client();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(client.connection.close(Duration::from_millis(LONG)), Ok(())));
        }
    });
    assert_eq!(client.connection.close(Duration::ZERO), Ok(()));
}

fn close_from_within_a_handler(world: &World) {
    let (client, control) = (world.client(), world.client());
    // The handler's own connection: it does not wait for itself for ever.
    let closed = client.close(client.number, 50);
    assert!(closed.is_err() || closed == Ok(Vec::new()), "{closed:?}");
    crate::until("the connection is closed", || !client.connection.is_connected());
    assert_eq!(kind(client.nothing()), Disconnected);
    assert_eq!(control.nothing(), Ok(()));
}

fn close_from_within_a_callback(world: &World) {
    let (client, control) = (world.client(), world.client());
    let connection = client.connection.clone();
    let (closed, close) = mpsc::channel();
    let closed = std::sync::Mutex::new(closed);
    let closing = step(move |n| {
        closed.lock().unwrap().send(connection.close(Duration::from_millis(50))).unwrap();
        Ok(n)
    });
    assert_eq!(kind(client.down(1, closing)), Interrupted);
    assert!(close.recv().is_ok());
    assert!(!client.connection.is_connected());
    assert_eq!(control.nothing(), Ok(()));
}

fn close_tells_the_other_side(world: &World) {
    let (client, control) = (world.client(), world.client());
    let (told, tells) = mpsc::channel();
    client.connection.on_disconnect(move |why| told.send(why.kind()).unwrap());
    assert_eq!(control.close(client.number, LONG), Ok(Vec::new()));
    assert_eq!(tells.recv(), Ok(Disconnected));
    let other = world.client();
    assert_eq!(other.connection.close(Duration::ZERO), Ok(()));
    crate::until("the server is told", || control.losses(other.number) == Ok(1));
}

fn dropping_everything_closes(world: &World) {
    let control = world.client();
    let client = world.client();
    let counter = client.counter().unwrap();
    let (number, lab) = (client.number, client.lab.clone());
    drop(client);
    // Proxies keep it.
    assert_eq!(lab.nothing(), Ok(()));
    drop(lab);
    assert_eq!(counter.add(1), Ok(1));
    assert_eq!(control.losses(number), Ok(0));
    drop(counter);
    crate::until("the server is told", || control.losses(number) == Ok(1));
    control.until_live(0);
}

fn close_with_a_stopped_peer(world: &World) {
    let client = world.client();
    world.peer().stop();
    let length = 32 << 20;
    thread::scope(|scope| {
        let call = scope.spawn(|| client.length(vec![1; length]));
        crate::until("something waits to be written", || client.held_here().output_bytes > 0);
        // It cannot be drained; the grace time ends that.
        let _ = client.connection.close(Duration::from_millis(100));
        assert_eq!(kind(call.join().unwrap()), Interrupted);
    });
    assert_eq!(kind(client.nothing()), Disconnected);
    world.peer().go_on();
    assert_eq!(world.client().nothing(), Ok(()));
}
