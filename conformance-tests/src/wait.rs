//! Waiting for events, and the watchdog over it.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use ipc_core::threads;
use rustix::process::getpid;

/// What the case's threads wait for, to be told if they wait for ever.
static WAITS_FOR: Mutex<BTreeMap<u64, String>> = Mutex::new(BTreeMap::new());

/// Waits until `done`, for as long as it takes; only the watchdog ends it.
pub fn until(event: &str, mut done: impl FnMut() -> bool) {
    until_equal(event, true, &mut done);
}

/// Waits until `value` is the expected one; tells the last one if it waits for ever.
pub(crate) fn until_equal<T: Debug + PartialEq>(event: &str, expected: T, mut value: impl FnMut() -> T) {
    let started = Instant::now();
    let mut last = value();
    while last != expected {
        let text = format!("{event}: expected {expected:?}, got {last:?}");
        waits_for(|events| events.insert(threads::sequence(), text));
        // Not time is asserted but the event; it need not be polled more often the longer it takes.
        thread::sleep((started.elapsed() / 16).clamp(Duration::from_micros(50), Duration::from_millis(20)));
        last = value();
    }
    waits_for(|events| events.remove(&threads::sequence()));
}

/// What is seen once nothing is on its way: in two looks the same, and `quiet`.
pub(crate) fn settled<T: PartialEq>(mut look: impl FnMut() -> T, quiet: impl Fn(&T) -> bool) -> T {
    let mut last = look();
    loop {
        let now = look();
        if now == last && quiet(&now) {
            return now;
        }
        last = now;
    }
}

/// Aborts this process once `limit` has passed, and says what it was about.
///
/// With the environment variable `CONFORMANCE_STACKS` it shows the stacks of all threads, if there is `gdb`.
pub(crate) fn start_watchdog(case: String, limit: Duration) {
    thread::spawn(move || {
        thread::sleep(limit);
        let events = waits_for(|events| events.values().cloned().collect::<Vec<_>>().join("; "));
        eprintln!("{case} still runs after {limit:?}; it waits for: {events}");
        if std::env::var_os("CONFORMANCE_STACKS").is_some() {
            show_stacks();
        }
        std::process::abort();
    });
}

fn show_stacks() {
    let own = getpid().as_raw_nonzero().to_string();
    let children = std::fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
    let of_threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let children = of_threads
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .fold(children, |all, more| format!("{all} {more}"));
    for pid in std::iter::once(own.as_str()).chain(children.split_whitespace()) {
        eprintln!("the stacks of process {pid}:");
        let shown = std::process::Command::new("gdb")
            .args(["-p", pid, "-batch", "-ex", "set print frame-arguments presence", "-ex", "thread apply all bt 12"])
            .stderr(std::process::Stdio::null())
            .output();
        match shown {
            Ok(output) => eprintln!("{}", String::from_utf8_lossy(&output.stdout)),
            Err(error) => eprintln!("no gdb: {error}"),
        }
    }
}

fn waits_for<T>(with: impl FnOnce(&mut BTreeMap<u64, String>) -> T) -> T {
    with(&mut WAITS_FOR.lock().unwrap_or_else(PoisonError::into_inner))
}
