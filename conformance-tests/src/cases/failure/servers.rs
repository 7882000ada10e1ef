//! F5 where servers begin: at a path that a dead one left, or another wants; for somebody else; or not at all.

use std::{
    io::{Read, Write},
    os::fd::OwnedFd,
    process::Stdio,
    thread,
    time::Duration,
};

use ipc_core::{
    BindOptions, Exception,
    ExceptionKind::{DeadlineExceeded, Disconnected, Interrupted},
    FdBy, Listener, Process, Spawn, Stream, deadline,
};

use super::sockets::{accept, socket};
use crate::{
    case::{Case, cases},
    cases::tools::{kind, step},
    world::{Client, World},
};

pub(super) const CASES: &[Case] = cases! {
    F5 SOCKETS a_new_server_takes_the_path_of_a_killed_one;
    F5 SOCKETS of_two_servers_for_one_path_one_serves;
    F5 SOCKETS a_client_of_another_user_is_turned_away;
    F5 SOCKETS a_program_that_is_not_there;
    F5 SOCKETS a_program_that_exits_at_once;
    F5 SOCKETS a_program_that_never_speaks;
    F5 SOCKETS killed_while_somebody_else_holds_its_socket;
    F5 SOCKETS killed_while_a_child_of_its_own_holds_its_socket;
};

const SHORT: Duration = Duration::from_millis(200);

/// The connection over the stream that a peer was spawned with.
fn first(world: &World, peer: &mut Process) -> Client {
    let client = world.client_over(peer.take_stream().expect("nobody took it")).expect("the peer serves");
    assert_eq!(client.thread().map(|thread| thread.pid), Ok(peer.id()));
    client
}

fn a_new_server_takes_the_path_of_a_killed_one(world: &World) {
    let (directory, address) = socket();
    let mut former = None;
    for _ in 0..4 {
        let mut peer = world.spawn_at(directory.path(), &address).spawn().unwrap();
        let client = first(world, &mut peer);
        let other = world.client_over(Stream::connect(&address).unwrap()).unwrap();
        let pid = other.thread().unwrap().pid;
        assert_eq!(pid, peer.id());
        assert_ne!(former.replace(pid), Some(pid));
        peer.kill().unwrap();
        peer.wait().unwrap();
        crate::until("both losses are noticed", || {
            !client.connection.is_connected() && !other.connection.is_connected()
        });
        // Nobody listens there now.
        assert_eq!(kind(Stream::connect(&address)), Disconnected);
    }
}

fn of_two_servers_for_one_path_one_serves(world: &World) {
    for _ in 0..4 {
        let (directory, address) = socket();
        let mut peers: Vec<_> = thread::scope(|scope| {
            let spawned: Vec<_> =
                (0..2).map(|_| scope.spawn(|| world.spawn_at(directory.path(), &address).spawn().unwrap())).collect();
            spawned.into_iter().map(|peer| peer.join().unwrap()).collect()
        });
        crate::until("one of the two gives up", || peers.iter().any(|peer| peer.try_wait().unwrap().is_some()));
        let loser = peers.iter().position(|peer| peer.try_wait().unwrap().is_some()).unwrap();
        let status = peers.remove(loser).wait().unwrap();
        assert_eq!(status.code(), Some(1));
        let client = first(world, &mut peers[0]);
        let other = world.client_over(Stream::connect(&address).unwrap()).unwrap();
        assert_eq!(other.thread().map(|thread| thread.pid), Ok(peers[0].id()));
        assert_eq!(client.down(3, step(Ok)), Ok(3));
        peers[0].kill().unwrap();
    }
}

fn a_client_of_another_user_is_turned_away(world: &World) {
    let us = rustix::process::geteuid().as_raw();
    let (_directory, address) = socket();
    let accepting = accept(world, Listener::bind(&address, &BindOptions::new().expected_uid(us + 1)).unwrap(), 10);
    for _ in 0..3 {
        let refused = world.client_over(Stream::connect(&address).unwrap()).map(drop);
        let refused = kind(refused);
        assert!([Disconnected, Interrupted].contains(&refused), "{refused}");
    }
    drop(accepting);
    let _accepting = accept(world, Listener::bind(&address, &BindOptions::new().expected_uid(us)).unwrap(), 10);
    let client = world.client_over(Stream::connect(&address).unwrap()).unwrap();
    assert_eq!(client.down(3, step(Ok)), Ok(3));
}

fn a_program_that_is_not_there(_: &World) {
    let refused = Spawn::new("/nonexistent/program").spawn().unwrap_err();
    assert_eq!(refused.kind(), Disconnected);
    assert!(refused.to_string().contains("/nonexistent/program"), "{refused}");
}

/// How connecting to a program that is no server ends.
fn refused(world: &World, process: &mut Process) -> Exception {
    let stream = process.take_stream().expect("nobody took it");
    world.client_over(stream).map(drop).expect_err("it is no server")
}

fn a_program_that_exits_at_once(world: &World) {
    for (program, status) in [("true", "0"), ("false", "1")] {
        let refused = refused(world, &mut Spawn::new(program).spawn().unwrap());
        assert!([Disconnected, Interrupted].contains(&refused.kind()), "{refused}");
        assert!(refused.to_string().contains(status), "{refused}");
    }
}

fn a_program_that_never_speaks(world: &World) {
    let silent = || Spawn::new("sleep").fd_by(FdBy::Environment).arg("1000").die_with_parent(true);
    let mut process = silent().spawn().unwrap();
    assert_eq!(deadline(SHORT, || refused(world, &mut process)).kind(), DeadlineExceeded);
    process.kill().unwrap();
    // Without a deadline it is waited for, until it ends.
    let mut process = silent().spawn().unwrap();
    let stream = process.take_stream().unwrap();
    thread::scope(|scope| {
        let connecting = scope.spawn(|| world.client_over(stream).map(drop).unwrap_err());
        process.kill().unwrap();
        let refused = connecting.join().unwrap();
        assert!([Disconnected, Interrupted].contains(&refused.kind()), "{refused}");
    });
}

/// It was not spawned with this stream: its end does not show as the end of that. A deadline ends calls, and the loss is noticed with the last holder.
fn killed_while_somebody_else_holds_its_socket(world: &World) {
    let (directory, address) = socket();
    let (ours, theirs) = Stream::pair().unwrap();
    let held = theirs.try_clone().unwrap();
    let (program, arguments) = world.peer_at(directory.path(), &address);
    // A shell gives it the socket that it gets itself as its standard input.
    let peer = Spawn::new("sh")
        .fd_by(FdBy::Environment)
        .stdin(OwnedFd::from(theirs))
        .args(["-c", r#"exec "$0" -ipcfd 3 "$@" 3<&0 0</dev/null"#])
        .arg(program)
        .args(arguments)
        .die_with_parent(true)
        .spawn()
        .unwrap();
    let client = world.client_over(ours).unwrap();
    assert_eq!(client.thread().map(|thread| thread.pid), Ok(peer.id()));
    thread::scope(|scope| {
        let call = scope.spawn(|| client.wait_for("go".into()));
        client.until_blocked("go", 1);
        peer.kill().unwrap();
        crate::until("the killed peer is reaped", || peer.try_wait().unwrap().is_some());
        assert_eq!(kind(deadline(SHORT, || client.nothing())), DeadlineExceeded);
        assert!(!call.is_finished() && client.connection.is_connected());
        drop(held);
        assert_eq!(kind(call.join().unwrap()), Interrupted);
    });
    assert_eq!(kind(client.nothing()), Disconnected);
}

/// Who spawned it knows how it ended, and calls are told, while its child lives on.
fn killed_while_a_child_of_its_own_holds_its_socket(world: &World) {
    let (directory, address) = socket();
    let (program, arguments) = world.peer_at(directory.path(), &address);
    // The child copies its input to its output until that ends, and has all descriptors.
    let mut peer = Spawn::new("sh")
        .fd_by(FdBy::Environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .args(["-c", r#"exec 3<&0; cat <&3 & exec "$0" -ipcfd "$IPC_FD" "$@" 3<&- 0</dev/null"#])
        .arg(program)
        .args(arguments)
        .die_with_parent(true)
        .spawn()
        .unwrap();
    let client = first(world, &mut peer);
    thread::scope(|scope| {
        let call = scope.spawn(|| client.wait_for("go".into()));
        client.until_blocked("go", 1);
        peer.kill().unwrap();
        let ended = call.join().unwrap().unwrap_err();
        assert_eq!(ended.kind(), Interrupted);
        assert!(ended.to_string().contains("was killed by signal 9"), "{ended}");
    });
    let after = client.nothing().unwrap_err();
    assert_eq!(after.kind(), Disconnected);
    assert!(after.to_string().contains("was killed by signal 9"), "{after}");
    let (mut input, mut output) = (peer.take_stdin().unwrap(), peer.take_stdout().unwrap());
    input.write_all(b"x").unwrap();
    output.read_exact(&mut [0; 1]).unwrap();
}
