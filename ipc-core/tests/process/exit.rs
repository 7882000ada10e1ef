//! How children end, and what is told about it.

use std::{
    error::Error,
    fs,
    io::{self, ErrorKind, Read, Write},
    os::unix::process::ExitStatusExt,
    process::Stdio,
    time::Duration,
};

use ipc_core::{ExceptionKind, ExitWatch, FdBy, Peer, Spawn};
use libtest_mimic::Trial;

use crate::{role, test};

/// Only against hanging.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn tests() -> Vec<Trial> {
    vec![
        test("a_program_that_does_not_exist_is_named", a_program_that_does_not_exist_is_named),
        test("a_program_that_may_not_run_is_named", a_program_that_may_not_run_is_named),
        test("a_child_that_exits_at_once_tells_its_status", a_child_that_exits_at_once_tells_its_status),
        test("a_child_that_is_killed_tells_the_signal", a_child_that_is_killed_tells_the_signal),
        test(
            "a_child_that_hangs_up_ends_the_stream_while_it_runs",
            a_child_that_hangs_up_ends_the_stream_while_it_runs,
        ),
        test("a_child_that_runs_has_no_status", a_child_that_runs_has_no_status),
        test("waiting_closes_what_the_child_waits_for", waiting_closes_what_the_child_waits_for),
        test("every_watch_learns_of_the_end", every_watch_learns_of_the_end),
        test("dropping_a_process_leaves_no_zombie", dropping_a_process_leaves_no_zombie),
        test("a_dropped_process_lives_on_with_its_stream", a_dropped_process_lives_on_with_its_stream),
        test("a_childs_end_ends_its_stream_whoever_else_holds_it", a_childs_end_ends_its_stream_whoever_else_holds_it),
    ]
}

/// Whether a process with this id is our child, dead or alive.
fn is_our_child(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    let after_name = stat.rsplit_once(") ").unwrap().1;
    after_name.split(' ').nth(1).unwrap() == std::process::id().to_string()
}

fn a_program_that_does_not_exist_is_named() {
    let e = Spawn::new("/nowhere/bitcoin-node").die_with_parent(true).spawn().unwrap_err();
    assert_eq!(e.kind(), ExceptionKind::Disconnected);
    assert!(e.message().contains("cannot spawn /nowhere/bitcoin-node"), "{e}");
    let cause = e.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(cause.kind(), ErrorKind::NotFound);
}

fn a_program_that_may_not_run_is_named() {
    let e = Spawn::new("/").spawn().unwrap_err();
    let cause = e.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!((e.kind(), cause.kind()), (ExceptionKind::Disconnected, ErrorKind::PermissionDenied));
}

fn a_child_that_exits_at_once_tells_its_status() {
    let mut child = role("exit-3").spawn().unwrap();
    let stream = child.take_stream().unwrap();
    assert_eq!(stream.recv(&mut [0; 8]).unwrap(), 0, "our copy of the child's end is closed");

    let note = stream.peer().exit_note(PATIENCE).unwrap();
    let program = std::env::current_exe().unwrap();
    assert_eq!(note, format!("the process {} (pid {}) exited with status 3", program.display(), child.id()));
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert_eq!(child.try_wait().unwrap().unwrap().code(), Some(3));
    assert_eq!(child.exit().status().unwrap().code(), Some(3));
    assert!(!is_our_child(child.id()));
    child.kill().unwrap();
}

fn a_child_that_is_killed_tells_the_signal() {
    let mut child = role("echo").spawn().unwrap();
    let stream = child.take_stream().unwrap();
    assert!(matches!(stream.peer(), Peer::Child(exit) if exit.id() == child.id()));
    stream.send(b"x").unwrap();
    assert_eq!(stream.recv(&mut [0; 8]).unwrap(), 1);
    child.kill().unwrap();
    assert_eq!(stream.recv(&mut [0; 8]).unwrap(), 0);
    assert!(stream.peer().exit_note(PATIENCE).unwrap().ends_with("was killed by signal 9"));
    assert_eq!(child.wait().unwrap().signal(), Some(9));
}

fn a_child_that_hangs_up_ends_the_stream_while_it_runs() {
    let mut child = role("hang-up").stdin(Stdio::piped()).spawn().unwrap();
    let stream = child.take_stream().unwrap();
    assert_eq!(stream.recv(&mut [0; 8]).unwrap(), 0, "nobody else has the child's end");
    assert_eq!(child.try_wait().unwrap(), None);
    drop(child.take_stdin());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn a_child_that_runs_has_no_status() {
    let mut child = role("echo").spawn().unwrap();
    assert_eq!(child.try_wait().unwrap(), None);
    assert_eq!(child.wait_timeout(Duration::from_millis(1)).unwrap(), None);
    assert_eq!(child.exit().status(), None);
    let stream = child.take_stream().unwrap();
    assert_eq!(stream.peer().exit_note(Duration::ZERO), None);
    assert!(is_our_child(child.id()));
    assert!(child.take_stream().is_none());
    drop(stream);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn waiting_closes_what_the_child_waits_for() {
    assert_eq!(role("echo").spawn().unwrap().wait().unwrap().code(), Some(0));
    assert_eq!(role("hang-up").stdin(Stdio::piped()).spawn().unwrap().wait().unwrap().code(), Some(0));
}

fn every_watch_learns_of_the_end() {
    let mut child = role("echo").spawn().unwrap();
    let watch = |exit: ExitWatch| move || exit.note(PATIENCE);
    let watching: Vec<_> = (0..4).map(|_| std::thread::spawn(watch(child.exit().clone()))).collect();
    drop(child.take_stream());
    for thread in watching {
        assert!(thread.join().unwrap().unwrap().ends_with("exited with status 0"));
    }
}

fn dropping_a_process_leaves_no_zombie() {
    let child = role("echo").spawn().unwrap();
    let exit = child.exit().clone();
    assert!(is_our_child(exit.id()));
    drop(child);
    assert!(exit.note(PATIENCE).unwrap().ends_with("exited with status 0"));
    assert!(!is_our_child(exit.id()));
}

fn a_childs_end_ends_its_stream_whoever_else_holds_it() {
    let shell = || Spawn::new("sh").fd_by(FdBy::Environment).stdin(Stdio::piped()).stdout(Stdio::piped()).arg("-c");
    for copied in [false, true] {
        // What it starts has the socket, and lives until its input ends.
        let mut child = shell().arg("exec 3<&0; cat <&3 & read end <&3; exit 3").spawn().unwrap();
        let mut stream = child.take_stream().unwrap();
        if copied {
            stream = stream.try_clone().unwrap();
        }
        let mut input = child.take_stdin().unwrap();
        assert!(!stream.wait_readable(Some(Duration::from_millis(50))).unwrap());
        child.kill().unwrap();
        assert_eq!(stream.recv(&mut [0; 8]).unwrap(), 0);
        assert!(stream.peer().exit_note(PATIENCE).unwrap().ends_with("was killed by signal 9"));
        // `cat` is still there.
        input.write_all(b"x").unwrap();
        let mut output = child.take_stdout().unwrap();
        output.read_exact(&mut [0; 1]).unwrap();
    }
}

fn a_dropped_process_lives_on_with_its_stream() {
    let mut child = role("echo").spawn().unwrap();
    let (stream, exit) = (child.take_stream().unwrap(), child.exit().clone());
    drop(child);
    stream.send(b"x").unwrap();
    assert_eq!(stream.recv(&mut [0; 8]).unwrap(), 1);
    assert_eq!(exit.status(), None);
}
