//! Spawning. The child is this test program, with `child` as its only test.
#![cfg(feature = "capnp")]

mod support;

use std::{env, sync::Arc};

use ipc::{ExceptionKind, FdBy, Spawn, Spawned};
use support::{Init, Served};

fn spawn() -> Spawned<dyn Init> {
    let program = Spawn::new(env::current_exe().unwrap()).fd_by(FdBy::Environment);
    ipc::spawn(program.args(["--exact", "child", "--nocapture"]).stdout(std::process::Stdio::null())).unwrap()
}

/// What the child does; nothing in the parent.
#[test]
fn child() {
    let Some(parent) = ipc::spawned(&mut Vec::new()).unwrap() else { return };
    let connection = parent.serve(Served::object().0).unwrap();
    connection.wait();
}

#[test]
fn the_child_is_another_process() {
    let child = spawn();
    let pid = child.root.pid().unwrap();
    assert_eq!(pid, child.process.id());
    assert_ne!(pid, std::process::id());
}

#[test]
fn the_child_ends_when_nobody_needs_it() {
    let child = spawn();
    child.root.pid().unwrap();
    let Spawned { root, connection, mut process } = child;
    drop((root, connection));
    assert_eq!(process.wait().unwrap().code(), Some(0));
}

#[test]
fn how_the_child_exits_is_part_of_the_exception() {
    let child = spawn();
    let error = child.root.exit(3).unwrap_err();
    assert_eq!(error.kind(), ExceptionKind::Interrupted);
    assert!(error.message().contains("exited with status 3"), "{error}");
}

#[test]
fn the_signal_that_kills_the_child_is_part_of_the_exception() {
    let child = spawn();
    child.root.pid().unwrap();
    child.process.kill().unwrap();
    child.connection.wait();
    let error = Arc::clone(&child.root).pid().unwrap_err();
    assert_eq!(error.kind(), ExceptionKind::Disconnected);
    assert!(error.message().contains("killed by signal 9"), "{error}");
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let error = ipc::spawn::<dyn Init>(Spawn::new("/no/such/program")).unwrap_err();
    assert_eq!(error.kind(), ExceptionKind::Disconnected);
    assert!(error.message().contains("/no/such/program"), "{error}");
}
