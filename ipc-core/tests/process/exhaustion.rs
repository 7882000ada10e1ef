//! A listener whose process has no descriptors left. Runs in a child, since the limit is the process's.

use std::{
    fs::File,
    io::{Read, Seek},
    os::fd::{AsFd, OwnedFd},
    sync::mpsc::{Sender, channel},
    thread,
    time::{Duration, Instant},
};

use ipc_core::{Address, BindOptions, ExceptionKind, Listener, Stream};
use libtest_mimic::Trial;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{role, test};

pub(crate) fn tests() -> Vec<Trial> {
    vec![test("accept_survives_without_descriptors", || {
        assert_eq!(role("exhausted").spawn().unwrap().wait().unwrap().code(), Some(0));
    })]
}

pub(crate) fn play() {
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum: getrlimit(Resource::Nofile).maximum }).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let address = Address::unix(dir.path().join("a")).unwrap();
    let listener = Listener::bind(&address, &BindOptions::new()).unwrap();
    let closer = listener.closer();
    let mut time = ProcessorTime::new();
    let (accepted, accepting) = channel();
    let thread = thread::spawn(move || accept_all(&listener, &accepted));

    // Before: it serves.
    let first = Stream::connect(&address).unwrap();
    let mut kept = vec![accepting.recv().unwrap()];

    // Without descriptors: who waits too long is closed, and the wait costs no processor time.
    let mut ballast = all_descriptors(&first);
    ballast.pop();
    let shed = Stream::connect(&address).unwrap();
    let (began, used) = (Instant::now(), time.ticks());
    assert_eq!(shed.recv(&mut [0; 8]).unwrap_or(0), 0);
    let (waited, used) = (began.elapsed(), time.ticks() - used);
    assert!(waited > Duration::from_millis(500), "it was closed at once: {waited:?}");
    assert!(used < 30, "it took {used} ticks of 10 ms in {waited:?}: it spins");
    drop(shed);

    // With descriptors again: who waited is served.
    ballast.extend(all_descriptors(&first));
    ballast.pop();
    let served = Stream::connect(&address).unwrap();
    assert!(accepting.try_recv().is_err());
    drop(ballast);
    let server = accepting.recv().unwrap();
    server.send(b"x").unwrap();
    assert_eq!(served.recv(&mut [0; 8]).unwrap(), 1);
    kept.push(server);

    // Being closed ends the pause too.
    let mut ballast = all_descriptors(&first);
    ballast.pop();
    let _waits = Stream::connect(&address).unwrap();
    closer.close();
    assert_eq!(thread.join().unwrap(), ExceptionKind::Cancelled);
}

fn accept_all(listener: &Listener, accepted: &Sender<Stream>) -> ExceptionKind {
    loop {
        match listener.accept() {
            Ok(stream) => accepted.send(stream).unwrap(),
            Err(e) => return e.kind(),
        }
    }
}

/// As many descriptors as there are left.
fn all_descriptors(of: impl AsFd) -> Vec<OwnedFd> {
    std::iter::from_fn(|| of.as_fd().try_clone_to_owned().ok()).collect()
}

/// What this process has used. It stays open, since opening it takes a descriptor.
struct ProcessorTime(File);

impl ProcessorTime {
    fn new() -> Self {
        Self(File::open("/proc/self/stat").unwrap())
    }

    /// User and system time together, in ticks of 10 ms.
    fn ticks(&mut self) -> u64 {
        let mut stat = String::new();
        self.0.rewind().unwrap();
        self.0.read_to_string(&mut stat).unwrap();
        let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }
}
