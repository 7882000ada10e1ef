//! Many of everything, and nothing left.

use std::{thread, time::Duration};

use ipc_core::deadline;

use crate::{
    case::{Case, cases},
    cases::tools::{Tally, step},
    interfaces::{Held, ProcessUse},
    run::is_full,
    server::process_use,
    wait::{self, until_equal},
    world::{Client, World},
};

pub(super) const CASES: &[Case] = cases! {
    RES ALL many_objects_of_the_servers;
    RES ALL many_objects_of_ours;
    RES ALL many_objects_at_once;
    RES ALL many_client_threads;
    RES ALL many_threads_of_the_peer;
    RES ALL many_connections;
    RES ALL many_connections_cut_in_the_middle;
    RES ALL many_calls_given_up;
    RES ALL many_calls;
};

/// How many; less of them unless all are asked for.
fn count(full: u32) -> u32 {
    if is_full() { full } else { full / 40 }
}

/// How much memory there may be afterwards, in KiB: allocators keep some.
fn allowed(before: u64) -> u64 {
    before + before / 4 + (4 << 10)
}

/// What a side holds, its threads and its descriptors.
type State = (Held, u64, u64);

/// What both sides have; not less than in `before`, since others may end meanwhile, and what is released with the next
/// message may still be there in one of two looks.
fn states(client: &Client, before: [State; 2]) -> [State; 2] {
    let here = (client.held_here(), process_use());
    let there = (client.held_there(), client.process().expect("the connection works"));
    let state = |((held, process), (least, threads, fds)): ((Held, ProcessUse), State)| {
        let held = Held {
            exports: held.exports.max(least.exports),
            imports: held.imports.max(least.imports),
            calls: held.calls.max(least.calls),
            server_threads: held.server_threads.max(least.server_threads),
            output_bytes: held.output_bytes.max(least.output_bytes),
        };
        (held, process.threads.max(threads), process.fds.max(fds))
    };
    [(here, before[0]), (there, before[1])].map(state)
}

/// What both sides have once nothing is on its way: what waits to be written may be what the other side is to let go of.
fn settled(client: &Client) -> [State; 2] {
    let quiet = |states: &[State; 2]| states.iter().all(|(held, ..)| held.output_bytes == 0);
    wait::settled(|| states(client, Default::default()), quiet)
}

/// Does something twice, and then waits until both sides have what they had after the first time.
fn leaves_nothing(world: &World, work: impl Fn(&Client, u32), full: u32) {
    let client = world.client();
    let quiet = settled(&client);
    // What is kept for the next time: pools, stacks, what the allocator has.
    work(&client, count(full));
    client.until_live(0);
    until_equal("what the connection holds", quiet.map(|state| state.0), || {
        states(&client, quiet).map(|state| state.0)
    });
    let before = settled(&client);
    let memory = [process_use().memory, client.process().unwrap().memory];
    work(&client, count(full));
    client.until_live(0);
    until_equal("what both sides hold, their threads and their descriptors", before, || states(&client, before));
    let now = [process_use().memory, client.process().unwrap().memory];
    for (now, before) in now.into_iter().zip(memory) {
        assert!(now <= allowed(before), "from {before} to {now} KiB");
    }
}

fn many_objects_of_the_servers(world: &World) {
    leaves_nothing(world, |client, count| (0..count).for_each(|_| drop(client.counter().unwrap())), 100_000);
}

fn many_objects_of_ours(world: &World) {
    let tally = Tally::default();
    leaves_nothing(
        world,
        |client, count| (0..count).for_each(|n| assert_eq!(client.down(n, tally.step(Ok)), Ok(n))),
        100_000,
    );
    tally.until(0);
}

fn many_objects_at_once(world: &World) {
    let tally = Tally::default();
    let work = |client: &Client, count: u32| {
        let theirs = client.counters(count).unwrap();
        drop(client.reversed((0..count).map(|_| tally.counter()).collect()).unwrap());
        drop(client.reversed(theirs).unwrap());
    };
    leaves_nothing(world, work, 100_000);
    tally.until(0);
}

fn many_client_threads(world: &World) {
    let work = |client: &Client, count: u32| {
        for _ in 0..count {
            thread::scope(|scope| scope.spawn(|| client.hold_local(None)).join().unwrap().unwrap());
        }
        crate::until("the server threads end", || client.live_locals() == Ok(0));
    };
    leaves_nothing(world, work, 10_000);
}

fn many_threads_of_the_peer(world: &World) {
    let work = |client: &Client, count: u32| {
        for n in 0..count {
            assert_eq!(client.down_elsewhere("elsewhere".into(), n, 1, step(Ok)), Ok(n));
        }
    };
    leaves_nothing(world, work, 10_000);
}

fn many_connections(world: &World) {
    let work = |_: &Client, count: u32| {
        for n in 0..count {
            let client = world.client();
            assert_eq!(client.down(n, step(Ok)), Ok(n));
            drop(client.counter().unwrap());
        }
    };
    leaves_nothing(world, work, 5000);
}

fn many_connections_cut_in_the_middle(world: &World) {
    let tally = Tally::default();
    let work = |_: &Client, count: u32| {
        for _ in 0..count {
            let client = world.client();
            let cut = client.cut.clone();
            let cutting = tally.step(move |n| {
                cut();
                Ok(n)
            });
            let theirs = client.counter().unwrap();
            client.down(0, cutting).unwrap_err();
            drop(theirs);
        }
    };
    leaves_nothing(world, work, 5000);
    tally.until(0);
}

fn many_calls_given_up(world: &World) {
    let work = |client: &Client, count: u32| {
        for n in 0..count {
            let _ = deadline(Duration::from_micros(world.random() % 300), || client.down(n, step(Ok)));
        }
    };
    leaves_nothing(world, work, 10_000);
}

fn many_calls(world: &World) {
    let work = |client: &Client, count: u32| {
        for n in 0..count {
            assert_eq!(client.add_now(n, 1), Ok(n + 1));
            assert_eq!(client.text("text".into()), Ok("text".into()));
        }
    };
    leaves_nothing(world, work, 100_000);
}
