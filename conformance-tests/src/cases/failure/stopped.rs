//! F6 with a peer that is stopped.

use std::{thread, time::Duration};

use ipc_core::{ExceptionKind::DeadlineExceeded, Options, deadline};

use crate::{
    case::{Case, cases},
    cases::tools::{Tally, kind, step, teller},
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    F6 PROCESSES a_deadline_ends_calls_to_a_stopped_peer;
    F6 PROCESSES a_deadline_ends_connecting_to_a_stopped_peer;
    F6 PROCESSES a_deadline_ends_a_large_call_to_a_stopped_peer;
    F6 PROCESSES dropping_objects_of_a_stopped_peer_does_not_block;
    F6 PROCESSES a_stopped_peer_is_killed;
};

const SHORT: Duration = Duration::from_millis(100);

fn a_deadline_ends_calls_to_a_stopped_peer(world: &World) {
    let client = world.client();
    let before = client.thread().unwrap();
    world.peer().stop();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..3 {
                    assert_eq!(kind(deadline(SHORT, || client.nothing())), DeadlineExceeded);
                    assert_eq!(kind(deadline(SHORT, || client.add_now(1, 2))), DeadlineExceeded);
                }
            });
        }
    });
    assert_eq!(kind(deadline(SHORT, || client.nothing())), DeadlineExceeded);
    assert!(client.connection.is_connected());
    world.peer().go_on();
    assert_eq!(client.down(3, step(Ok)), Ok(3));
    assert_ne!(client.thread().unwrap().number, before.number);
    crate::until("the abandoned threads end", || client.held_there().server_threads == 1);
}

fn a_deadline_ends_connecting_to_a_stopped_peer(world: &World) {
    let client = world.client();
    world.peer().stop();
    let connecting = deadline(SHORT, || world.peer().connect(Options::default()).map(|_| ()));
    assert_eq!(kind(connecting), DeadlineExceeded);
    world.peer().go_on();
    assert_eq!(client.nothing(), Ok(()));
    assert_eq!(world.client().nothing(), Ok(()));
}

fn a_deadline_ends_a_large_call_to_a_stopped_peer(world: &World) {
    let client = world.client();
    world.peer().stop();
    let ended = deadline(SHORT, || client.bytes(vec![1; 32 << 20]).map(|bytes| bytes.len()));
    assert_eq!(kind(ended), DeadlineExceeded);
    world.peer().go_on();
    assert_eq!(client.text("after".into()), Ok("after".into()));
    crate::until("all is written", || client.held_here().output_bytes == 0);
}

fn dropping_objects_of_a_stopped_peer_does_not_block(world: &World) {
    let client = world.client();
    let counters = client.counters(1000).unwrap();
    let (tell, told) = teller();
    let owned = client.owned(String::new(), tell).unwrap();
    world.peer().stop();
    drop(counters);
    // Only this waits, and only until then.
    deadline(SHORT, || drop(owned));
    assert!(told.lock().unwrap().is_empty());
    world.peer().go_on();
    client.until_live(0);
}

fn a_stopped_peer_is_killed(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    client.keep("object".into(), tally.counter()).unwrap();
    world.peer().stop();
    thread::scope(|scope| {
        let call = scope.spawn(|| client.nothing());
        crate::until("the call is in flight", || client.held_here().calls == 1);
        world.peer().kill();
        assert_eq!(kind(call.join().unwrap()), ipc_core::ExceptionKind::Interrupted);
    });
    tally.until(0);
}
