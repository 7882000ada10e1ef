//! How much this process has, as the operating system tells.

use std::fs;

use crate::interfaces::ProcessUse;

/// What this process has now.
///
/// # Panics
///
/// Where there is no `/proc`.
pub(crate) fn process_use() -> ProcessUse {
    let (threads, fds) = (entries("task"), entries("fd"));
    ProcessUse { pid: std::process::id(), threads, fds, memory: memory() }
}

fn entries(of: &str) -> u64 {
    let path = format!("/proc/self/{of}");
    fs::read_dir(&path).unwrap_or_else(|error| panic!("{path}: {error}")).count() as u64
}

/// Resident, without what is mapped from files.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("/proc tells of this process");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("it tells the memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// The calling thread's name, as a debugger shows it.
pub(super) fn thread_name() -> String {
    fs::read_to_string("/proc/thread-self/comm").expect("/proc tells of this thread").trim_end().to_owned()
}
