//! F4: what the gone peer held.

use std::thread;

use crate::{
    case::{Case, cases},
    cases::tools::{Tally, kind, step},
    world::{Client, World},
};

pub(super) const CASES: &[Case] = cases! {
    F4 ALL objects_of_the_servers_are_released;
    F4 ALL objects_of_ours_are_released;
    F4 ALL objects_in_calls_in_flight_are_released;
    F4 PROCESSES objects_of_ours_are_released_when_the_peer_is_killed;
    F4 ALL server_threads_end;
    F4 ALL threads_of_ours_that_stand_for_the_peers_end;
    F4 ALL a_kept_proxy_of_a_lost_connection_holds_nothing;
};

fn hold(client: &Client, tally: &Tally) {
    for n in 0..10 {
        client.keep(format!("object {n}"), tally.counter()).unwrap();
        client.keep_step(format!("step {n}"), tally.step(Ok)).unwrap();
    }
    assert_eq!(tally.live(), 20);
}

fn objects_of_the_servers_are_released(world: &World) {
    let (client, control) = (world.client(), world.client());
    let held = (client.counters(50).unwrap(), client.adder(1).unwrap(), client.own().unwrap());
    assert_eq!(control.live(), Ok(52));
    (client.cut)();
    // One is kept by the server itself.
    control.until_live(1);
    drop(held);
    assert_eq!(control.live(), Ok(1));
}

fn objects_of_ours_are_released(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    hold(&client, &tally);
    (client.cut)();
    tally.until(0);
}

fn objects_in_calls_in_flight_are_released(world: &World) {
    let (client, control) = (world.client(), world.client());
    let tally = Tally::default();
    thread::scope(|scope| {
        let call = scope.spawn(|| client.wait_then_call("go".into(), tally.step(Ok)));
        control.until_blocked("go", 1);
        (client.cut)();
        kind(call.join().unwrap());
    });
    // The handler still has its proxy; the object is not held any more for that.
    tally.until(0);
    control.happen("go".into()).unwrap();
    assert_eq!(control.outcome("go".into()), Ok("Disconnected".into()));
}

fn objects_of_ours_are_released_when_the_peer_is_killed(world: &World) {
    let clients = [world.client(), world.client()];
    let tallies = [Tally::default(), Tally::default()];
    clients.iter().zip(&tallies).for_each(|(client, tally)| hold(client, tally));
    world.peer().kill();
    tallies.iter().for_each(|tally| tally.until(0));
}

fn server_threads_end(world: &World) {
    let (client, control) = (world.client(), world.client());
    thread::scope(|scope| {
        let threads: Vec<_> = (0..5)
            .map(|_| {
                scope.spawn(|| {
                    client.hold_local(None).unwrap();
                    client.meet("all".into(), 5).unwrap();
                    kind(client.wait_for("never here".into()))
                })
            })
            .collect();
        control.until_blocked("never here", 5);
        (client.cut)();
        for thread in threads {
            thread.join().unwrap();
        }
    });
    assert_eq!(control.live_locals(), Ok(5));
    control.happen("never here".into()).unwrap();
    crate::until("the server threads end", || control.live_locals() == Ok(0));
}

fn threads_of_ours_that_stand_for_the_peers_end(world: &World) {
    let (client, control) = (world.client(), world.client());
    client.keep_step("step".into(), step(Ok)).unwrap();
    let lab = client.lab.clone();
    let blocking = step(move |_| lab.wait_for("go".into()).map(|()| 0));
    thread::scope(|scope| {
        let call = scope.spawn(|| client.down_elsewhere("elsewhere".into(), 0, 1, blocking));
        control.until_blocked("go", 1);
        assert_eq!(client.held_here().server_threads, 1);
        (client.cut)();
        kind(call.join().unwrap());
    });
    crate::until("the thread of ours ends", || client.held_here().server_threads == 0);
    control.happen("go".into()).unwrap();
}

fn a_kept_proxy_of_a_lost_connection_holds_nothing(world: &World) {
    let (client, control) = (world.client(), world.client());
    let kept: Vec<_> = client.counters(10).unwrap();
    (client.cut)();
    control.until_live(0);
    crate::until("nothing is held", || {
        let held = client.held_here();
        held.exports == 0 && held.calls == 0 && held.output_bytes == 0 && held.server_threads == 0
    });
    drop(kept);
}
