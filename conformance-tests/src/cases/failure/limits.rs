//! F8: what is too large.

use std::thread;

use ipc_core::ExceptionKind::{self, TooLarge};

use crate::{
    case::{Case, cases},
    cases::tools::{Tally, kind, step},
    interfaces::{Collections, LabError, Tree},
    world::{Client, World},
};

pub(super) const CASES: &[Case] = cases! {
    F8 ALL arguments_past_this_sides_limit;
    F8 ALL arguments_past_the_servers_limit;
    F8 ALL results_past_the_servers_limit;
    F8 ALL errors_past_the_servers_limit;
    F8 ALL values_that_take_too_much_memory;
    F8 ALL results_that_take_too_much_memory;
    F8 ALL values_that_are_nested_too_deeply;
    F8 ALL results_that_are_nested_too_deeply;
    F8 ALL objects_of_a_call_that_is_too_large_are_released;
    F8 ALL others_are_not_harmed;
    F8 ALL what_is_just_small_enough_passes;
    F8 ALL objects_past_the_limit_are_overloaded;
    F8 ALL calls_past_the_limit_are_overloaded;
};

const LIMIT: usize = 256 << 10;

#[track_caller]
fn lives_on(client: &Client) {
    assert!(client.connection.is_connected());
    assert_eq!(client.down(3, step(Ok)), Ok(3));
    assert_eq!(client.length(vec![1; LIMIT / 2]), Ok(LIMIT as u64 / 2));
}

fn arguments_past_this_sides_limit(world: &World) {
    let client = world.client_with(|options| options.limits.message_bytes = LIMIT);
    for length in [LIMIT, LIMIT + 1, 4 * LIMIT, 64 << 20] {
        assert_eq!(kind(client.length(vec![1; length])), TooLarge, "{length}");
        lives_on(&client);
    }
    assert_eq!(kind(client.text("t".repeat(2 * LIMIT))), TooLarge);
    lives_on(&client);
}

/// This side would send it. The connection may be given up if nobody knows before it comes; the server's process lives.
fn arguments_past_the_servers_limit(world: &World) {
    world.limit_server(|limits| limits.message_bytes = LIMIT);
    let (client, other) = (world.client(), world.client());
    let refused = client.length(vec![1; 4 * LIMIT]).unwrap_err();
    let expected = [TooLarge, ExceptionKind::Interrupted];
    assert!(expected.contains(&refused.kind()), "{refused}");
    if refused.kind() == TooLarge {
        lives_on(&client);
    }
    lives_on(&other);
}

fn results_past_the_servers_limit(world: &World) {
    world.limit_server(|limits| limits.message_bytes = LIMIT);
    let client = world.client();
    for length in [LIMIT, LIMIT + 1, 4 * LIMIT, 64 << 20] {
        assert_eq!(kind(client.make_bytes(length as u64)), TooLarge, "{length}");
        lives_on(&client);
    }
}

fn errors_past_the_servers_limit(world: &World) {
    world.limit_server(|limits| limits.message_bytes = LIMIT);
    let client = world.client();
    for bytes in [LIMIT as u64 + 1, 64 << 20] {
        match client.fail_long(bytes) {
            Err(LabError::Ipc(exception)) => assert_eq!(exception.kind(), TooLarge, "{exception}"),
            outcome => panic!("{bytes} bytes: {:?}", outcome.map_err(|_| "the error arrived")),
        }
        lives_on(&client);
    }
    assert!(matches!(client.fail_long(LIMIT as u64 / 2), Err(LabError::Failed { .. })));
    lives_on(&client);
}

/// Little on the wire, much in memory.
fn many_small(count: usize) -> Vec<Collections> {
    vec![Collections::default(); count]
}

fn values_that_take_too_much_memory(world: &World) {
    world.limit_server(|limits| limits.value_bytes = 1 << 20);
    let client = world.client();
    assert_eq!(client.count_empty(many_small(10)), Ok(10));
    let count = (8 << 20) / size_of::<Collections>();
    assert_eq!(kind(client.count_empty(many_small(count))), TooLarge);
    lives_on(&client);
}

fn results_that_take_too_much_memory(world: &World) {
    let client = world.client_with(|options| options.limits.value_bytes = 1 << 20);
    let tree = |count: usize| Tree { children: vec![Tree::default(); count], ..Tree::default() };
    assert!(client.tree(tree(10)).is_ok());
    let count = (8 << 20) / size_of::<Tree>();
    assert_eq!(kind(client.tree(tree(count))), TooLarge);
    lives_on(&client);
}

fn deep(depth: usize) -> Tree {
    (0..depth).fold(Tree::default(), |tree, _| Tree { left: Some(Box::new(tree)), ..Tree::default() })
}

fn values_that_are_nested_too_deeply(world: &World) {
    world.limit_server(|limits| limits.value_depth = 16);
    let client = world.client();
    assert!(client.tree(deep(4)).is_ok());
    assert_eq!(kind(client.tree(deep(40))), TooLarge);
    lives_on(&client);
    // Past this side's own limit, and past what a stack holds.
    for depth in [1000, 20_000] {
        let refused = kind(client.tree(deep(depth)));
        assert_eq!(refused, TooLarge, "{depth}");
        lives_on(&client);
    }
}

fn results_that_are_nested_too_deeply(world: &World) {
    let client = world.client_with(|options| options.limits.value_depth = 16);
    assert!(client.tree(deep(4)).is_ok());
    assert_eq!(kind(client.tree(deep(40))), TooLarge);
    lives_on(&client);
}

fn objects_of_a_call_that_is_too_large_are_released(world: &World) {
    let client = world.client_with(|options| options.limits.message_bytes = LIMIT);
    let tally = Tally::default();
    let name = "n".repeat(2 * LIMIT);
    assert_eq!(kind(client.keep(name.clone(), tally.counter())), TooLarge);
    assert_eq!(kind(client.keep_step(name, tally.step(Ok))), TooLarge);
    tally.until(0);
    lives_on(&client);
}

fn others_are_not_harmed(world: &World) {
    let client = world.client_with(|options| options.limits.message_bytes = LIMIT);
    thread::scope(|scope| {
        let blocked = scope.spawn(|| client.wait_for("go".into()));
        client.until_blocked("go", 1);
        for _ in 0..20 {
            assert_eq!(kind(client.length(vec![1; 2 * LIMIT])), TooLarge);
        }
        assert!(!blocked.is_finished());
        client.happen("go".into()).unwrap();
        assert_eq!(blocked.join().unwrap(), Ok(()));
    });
}

fn what_is_just_small_enough_passes(world: &World) {
    world.limit_server(|limits| limits.message_bytes = LIMIT);
    let client = world.client_with(|options| options.limits.message_bytes = LIMIT);
    // The overhead of a message is small; whatever passes one way and is refused the other is refused alone.
    let passes = |length: usize| match client.bytes(vec![1; length]) {
        Ok(bytes) => bytes.len() == length,
        Err(refused) => {
            assert_eq!(refused.kind(), TooLarge, "{length}: {refused}");
            false
        }
    };
    assert!(passes(LIMIT - 2048));
    for length in (LIMIT - 2048..=LIMIT).step_by(8) {
        passes(length);
        assert!(client.connection.is_connected(), "{length} bytes ended the connection");
    }
    lives_on(&client);
}

fn objects_past_the_limit_are_overloaded(world: &World) {
    let client = world.client_with(|options| options.limits.exports = 10);
    let tally = Tally::default();
    let mut refused = Vec::new();
    for n in 0..20 {
        if let Err(error) = client.keep(n.to_string(), tally.counter()) {
            refused.push(error.kind());
        }
    }
    assert!(refused.len() >= 10, "{} were refused", refused.len());
    assert!(refused.iter().all(|kind| *kind == ExceptionKind::Overloaded), "{refused:?}");
    tally.until(20 - refused.len() as u64);
    (0..20).for_each(|n| drop(client.forget(n.to_string())));
    tally.until(0);
    assert_eq!(client.down(1, step(Ok)), Ok(1));
}

fn calls_past_the_limit_are_overloaded(world: &World) {
    let client = world.client_with(|options| options.limits.calls_made = 3);
    thread::scope(|scope| {
        let blocked: Vec<_> = (0..3).map(|_| scope.spawn(|| client.wait_for("go".into()))).collect();
        crate::until("three calls wait", || client.held_here().calls == 3);
        assert_eq!(kind(client.nothing()), ExceptionKind::Overloaded);
        world.client().happen("go".into()).unwrap();
        blocked.into_iter().for_each(|call| assert_eq!(call.join().unwrap(), Ok(())));
    });
    assert_eq!(client.nothing(), Ok(()));
}
