//! What becomes of a child when its parent is killed.

use std::{
    io::{BufRead, BufReader, Read},
    process::Stdio,
};

use ipc_core::FdBy;
use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::{role, test};

pub(crate) fn tests() -> Vec<Trial> {
    vec![
        test("a_child_dies_with_its_parent_if_asked", a_child_dies_with_its_parent_if_asked),
        test("a_child_outlives_its_parent_otherwise", a_child_outlives_its_parent_otherwise),
    ]
}

/// Kills a parent whose child stays; gives the child, and what ends when the last of both has ended: their common
/// standard output.
fn kill_parent(dies: &str) -> (Pid, impl Read) {
    let mut parent = role("parent").arg(dies).fd_by(FdBy::Environment).stdout(Stdio::piped()).spawn().unwrap();
    let stream = parent.take_stream().unwrap();
    let mut pid = String::new();
    BufReader::new(&stream).read_line(&mut pid).unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();
    (Pid::from_raw(pid.trim().parse().unwrap()).unwrap(), parent.take_stdout().unwrap())
}

fn a_child_dies_with_its_parent_if_asked() {
    let (_, mut ends_with_both) = kill_parent("dies");
    assert_eq!(ends_with_both.read(&mut [0; 8]).unwrap(), 0);
}

fn a_child_outlives_its_parent_otherwise() {
    let (child, mut ends_with_both) = kill_parent("stays");
    test_kill_process(child).expect("it lives");
    kill_process(child, Signal::KILL).unwrap();
    assert_eq!(ends_with_both.read(&mut [0; 8]).unwrap(), 0);
}
