//! What a connection does while nobody uses it: nothing.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    os::unix::net::UnixStream,
    thread,
};

use rustix::thread::gettid;

use crate::{
    case::{Case, cases},
    cases::tools::step,
    wait::until_equal,
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    RES ALL an_idle_connection_wakes_nobody;
};

/// As many round trips over a plain socket take longer than whatever a transport does again and again.
const ROUND_TRIPS: usize = 20_000;

fn an_idle_connection_wakes_nobody(world: &World) {
    let client = world.client();
    let counter = client.counter().unwrap();
    client.down(1, step(Ok)).unwrap();
    thread::scope(|scope| scope.spawn(|| client.nothing()).join().unwrap().unwrap());
    drop(counter);
    client.until_live(0);
    let pids = [std::process::id(), client.process().unwrap().pid];
    // The last that goes out on its own is a release.
    until_equal("threads that woke up, though nobody used the connection", Vec::new(), || {
        let before = pids.map(switches);
        let busy = ping_pong();
        let after = pids.map(switches);
        woken(&before, &after, &busy)
    });
}

/// How often each thread of a process was taken off a processor.
fn switches(pid: u32) -> BTreeMap<String, u64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("/proc tells of the processes");
    let count = |task: fs::DirEntry| {
        // It may have ended meanwhile.
        let status = fs::read_to_string(task.path().join("status")).ok()?;
        let number =
            |line: &str| line.split_once("_ctxt_switches:").and_then(|(_, number)| number.trim().parse::<u64>().ok());
        Some((task.file_name().to_string_lossy().into_owned(), status.lines().filter_map(number).sum()))
    };
    tasks.flatten().filter_map(count).collect()
}

/// Two threads pass a byte to and fro. Gives the threads that had something to do.
fn ping_pong() -> Vec<String> {
    let (mut here, mut there) = UnixStream::pair().expect("there are descriptors");
    let id = || gettid().as_raw_nonzero().to_string();
    let echo = thread::spawn(move || {
        let mut byte = [0];
        while there.read(&mut byte).expect("the other end writes") == 1 {
            there.write_all(&byte).expect("the other end reads");
        }
        id()
    });
    let mut byte = [7];
    for _ in 0..ROUND_TRIPS {
        here.write_all(&byte).expect("the other end reads");
        here.read_exact(&mut byte).expect("the other end writes");
    }
    drop(here);
    vec![id(), echo.join().expect("it does not panic")]
}

/// The threads that ran, or came, in between.
fn woken(before: &[BTreeMap<String, u64>; 2], after: &[BTreeMap<String, u64>; 2], busy: &[String]) -> Vec<String> {
    let pairs = before.iter().zip(after);
    let woken =
        pairs.flat_map(|(before, after)| after.iter().filter(|(thread, count)| before.get(*thread) != Some(count)));
    woken.map(|(thread, _)| thread.clone()).filter(|thread| !busy.contains(thread)).collect()
}
