//! F7: a peer that does not read.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use ipc_core::{ExceptionKind::DeadlineExceeded, deadline};

use crate::{
    case::{Case, cases},
    cases::tools::{kind, step},
    server::process_use,
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    F7 PROCESSES what_waits_to_be_written_is_bounded;
    F7 PROCESSES memory_is_bounded;
    F7 PROCESSES a_call_without_deadline_waits_until_the_peer_reads;
    F7 PROCESSES calls_go_on_once_the_peer_reads;
    F7 PROCESSES back_pressure_ends_with_the_peer;
    F7 PROCESSES replies_are_never_held_back;
};

const LIMIT: usize = 1 << 20;
const MESSAGE: usize = 256 << 10;
const SHORT: Duration = Duration::from_millis(100);
const THREADS: usize = 8;

/// One message of each thread may pass the limit, and each has some overhead.
const BOUND: u64 = (LIMIT + THREADS * (MESSAGE + 4096)) as u64;

/// Many threads send, until each was told that it is too late. Gives the most that waited to be written.
fn overwhelm(client: &crate::world::Client) -> u64 {
    let most = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..5 {
                    let call = || client.length(vec![1; MESSAGE]);
                    assert_eq!(kind(deadline(SHORT, call)), DeadlineExceeded);
                    most.fetch_max(client.held_here().output_bytes, Ordering::SeqCst);
                }
            });
        }
    });
    most.into_inner()
}

fn what_waits_to_be_written_is_bounded(world: &World) {
    let client = world.client_with(|options| options.limits.output_bytes = LIMIT);
    world.peer().stop();
    let most = overwhelm(&client);
    assert!(most <= BOUND, "{most} bytes waited to be written, more than {BOUND}");
    assert!(most >= LIMIT as u64, "{most} bytes are less than the limit: it was not reached");
    world.peer().go_on();
    crate::until("all is written", || client.held_here().output_bytes == 0);
    assert_eq!(client.down(1, step(Ok)), Ok(1));
}

fn memory_is_bounded(world: &World) {
    let client = world.client_with(|options| options.limits.output_bytes = LIMIT);
    let before = process_use().memory;
    world.peer().stop();
    overwhelm(&client);
    let after = process_use().memory;
    // What waits, what is being built, and what the allocator keeps.
    assert!(after < before + (64 << 10), "from {before} to {after} KiB");
    world.peer().go_on();
    assert_eq!(client.nothing(), Ok(()));
}

fn a_call_without_deadline_waits_until_the_peer_reads(world: &World) {
    let client = world.client_with(|options| options.limits.output_bytes = LIMIT);
    world.peer().stop();
    thread::scope(|scope| {
        let calls: Vec<_> = (0..THREADS * 2).map(|_| scope.spawn(|| client.length(vec![1; MESSAGE * 4]))).collect();
        crate::until("the limit is reached", || client.held_here().output_bytes > LIMIT as u64);
        assert!(client.held_here().output_bytes <= BOUND + (THREADS * 2 * MESSAGE * 4) as u64);
        assert!(calls.iter().all(|call| !call.is_finished()));
        world.peer().go_on();
        for call in calls {
            assert_eq!(call.join().unwrap(), Ok(MESSAGE as u64 * 4));
        }
    });
}

fn calls_go_on_once_the_peer_reads(world: &World) {
    let client = world.client_with(|options| options.limits.output_bytes = LIMIT);
    for _ in 0..3 {
        world.peer().stop();
        let ended = deadline(SHORT, || client.length(vec![1; 8 << 20]));
        assert_eq!(kind(ended), DeadlineExceeded);
        world.peer().go_on();
        assert_eq!(client.length(vec![1; 8 << 20]), Ok(8 << 20));
    }
}

fn back_pressure_ends_with_the_peer(world: &World) {
    let client = world.client_with(|options| options.limits.output_bytes = LIMIT);
    world.peer().stop();
    thread::scope(|scope| {
        let calls: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| client.length(vec![1; 4 << 20]))).collect();
        crate::until("the limit is reached", || client.held_here().output_bytes > LIMIT as u64);
        world.peer().kill();
        for call in calls {
            let kind = kind(call.join().unwrap());
            use ipc_core::ExceptionKind::{Disconnected, Interrupted};
            assert!([Disconnected, Interrupted].contains(&kind), "{kind}");
        }
    });
}

/// Replies of this side wait beyond the limit, and the threads that give them go on.
fn replies_are_never_held_back(world: &World) {
    let client = world.client_with(|options| options.limits.output_bytes = LIMIT);
    let (called, calls) = mpsc::channel();
    let (go_on, going) = mpsc::channel::<()>();
    let (called, going) = (std::sync::Mutex::new(called), Arc::new(std::sync::Mutex::new(going)));
    let replying = Arc::new(move |_: u32| {
        called.lock().unwrap().send(()).unwrap();
        // Held until the sender is gone.
        let _ = going.lock().unwrap().recv();
        Ok(vec![1; 2 << 20])
    });
    thread::scope(|scope| {
        let call = scope.spawn(|| client.gather(THREADS as u32, replying));
        for _ in 0..THREADS {
            calls.recv().unwrap();
        }
        world.peer().stop();
        drop(go_on);
        // All of them were given, though nobody reads: less what the socket holds.
        let all = (THREADS * (2 << 20)) as u64;
        crate::until("all replies wait to be written", || client.held_here().output_bytes > all - (2 << 20));
        world.peer().go_on();
        assert_eq!(call.join().unwrap(), Ok(all));
    });
}
