//! F10: bytes that are no messages. What they are is up to the transport's harness.

use std::{sync::mpsc, thread};

use ipc_core::ExceptionKind;

use crate::{
    case::{Case, cases},
    cases::tools::step,
    harness::{Closes, To},
    server::process_use,
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    F10 BOTH malformed_bytes_close_that_connection_only;
    F10 BOTH garbage_closes_that_connection_only;
    F10 BOTH a_client_survives_a_server_that_breaks_the_protocol;
};

/// The most that malformed bytes may have a process allocate, in KiB, beside what it is busy with anyway.
const MOST_MEMORY: u64 = 48 << 10;

fn malformed_bytes_close_that_connection_only(world: &World) {
    survives(world, "F10");
}

/// Sends the harness's bytes for a clause, each on a connection of its own beside one that works throughout.
pub(in crate::cases) fn survives(world: &World, clause: &str) {
    let client = world.client();
    let all: Vec<_> =
        world.raw_bytes().into_iter().filter(|raw| raw.clause == clause && raw.to == To::Server).collect();
    assert!(!all.is_empty(), "the harness has no bytes for {clause}: nothing is proven");
    let before = client.process().unwrap();
    thread::scope(|scope| {
        let blocked = scope.spawn(|| client.wait_for("go".into()));
        client.until_blocked("go", 1);
        for raw in all {
            eprintln!("sending: {}", raw.name);
            let mut end = world.raw_client();
            end.send(&raw.bytes).unwrap();
            if raw.closes == Closes::Receiver {
                end.wait_closed().unwrap();
            }
            // The server, and what was in flight to it, are well.
            assert_eq!(client.down(3, step(Ok)), Ok(3));
            assert!(!blocked.is_finished(), "{} ended a call of another connection", raw.name);
            let memory = client.process().unwrap().memory;
            assert!(memory < before.memory + MOST_MEMORY, "{}: from {} to {memory} KiB", raw.name, before.memory);
            drop(end);
        }
        client.happen("go".into()).unwrap();
        assert_eq!(blocked.join().unwrap(), Ok(()));
    });
    // Nothing is left of them.
    crate::until("the threads and descriptors of the broken connections are gone", || {
        let now = client.process().unwrap();
        now.threads <= before.threads + 1 && now.fds <= before.fds
    });
}

fn garbage_closes_that_connection_only(world: &World) {
    let client = world.client();
    let before = client.process().unwrap();
    for _ in 0..50 {
        let length = 8 + world.random() as usize % 4000;
        let bytes: Vec<u8> = (0..length).map(|_| world.random() as u8).collect();
        let mut end = world.raw_client();
        end.send(&bytes).unwrap();
        // It may look like the beginning of something long, so it ends here.
        drop(end);
        assert_eq!(client.down(3, step(Ok)), Ok(3));
    }
    crate::until("the descriptors of the broken connections are gone", || client.process().unwrap().fds <= before.fds);
    let memory = client.process().unwrap().memory;
    assert!(memory < before.memory + MOST_MEMORY, "from {} to {memory} KiB", before.memory);
}

fn a_client_survives_a_server_that_breaks_the_protocol(world: &World) {
    let client = world.client();
    let all: Vec<_> = world.raw_bytes().into_iter().filter(|raw| raw.to == To::Client).collect();
    assert!(!all.is_empty(), "the harness has no bytes for a client: nothing is proven");
    let before = process_use();
    for raw in all {
        eprintln!("sending: {}", raw.name);
        match world.connect_to_raw(raw.bytes) {
            Err(error) => assert!(
                matches!(
                    error.kind(),
                    ExceptionKind::Protocol | ExceptionKind::Disconnected | ExceptionKind::Interrupted
                ),
                "{}: {error}",
                raw.name
            ),
            Ok(connection) => {
                let (lost, loss) = mpsc::channel();
                connection.on_disconnect(move |why| lost.send(why.kind()).unwrap());
                loss.recv().unwrap();
            }
        }
        assert_eq!(client.down(3, step(Ok)), Ok(3));
        let memory = process_use().memory;
        assert!(memory < before.memory + MOST_MEMORY, "{}: from {} to {memory} KiB", raw.name, before.memory);
    }
}
