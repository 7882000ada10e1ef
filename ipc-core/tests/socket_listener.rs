//! Listeners: whose path it is, who is let in, and how an accept ends.

#[path = "process/watchdog.rs"]
mod watchdog;

use std::{
    error::Error,
    fs::{self, File, Permissions},
    io::{self, ErrorKind, Read},
    os::{
        fd::{AsFd, IntoRawFd},
        unix::{
            fs::{MetadataExt, PermissionsExt},
            net::{UnixListener, UnixStream},
        },
    },
    path::{Path, PathBuf},
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use ipc_core::{Address, BindOptions, Exception, ExceptionKind, Listener, Stream};
use rustix::{io::Errno, net};
use tempfile::TempDir;

struct Place {
    _dir: TempDir,
    path: PathBuf,
    address: Address,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.sock");
        Self { address: Address::unix(&path).unwrap(), _dir: dir, path }
    }

    fn bind(&self) -> ipc_core::Result<Listener> {
        Listener::bind(&self.address, &BindOptions::new())
    }

    fn lock_file(&self) -> PathBuf {
        self.path.with_file_name("node.sock.lock")
    }
}

fn cause(e: &Exception) -> ErrorKind {
    assert_eq!(e.kind(), ExceptionKind::Disconnected, "{e}");
    e.source().and_then(|e| e.downcast_ref::<io::Error>()).expect("an io::Error as source").kind()
}

fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Proves that this listener is the one behind the address.
fn assert_serves(listener: &Listener, address: &Address) {
    let client = Stream::connect(address).unwrap();
    let server = listener.accept().unwrap();
    server.send(b"!").unwrap();
    assert_eq!(client.recv(&mut [0; 8]).unwrap(), 1);
}

#[test]
fn a_stale_socket_is_recovered() {
    watchdog::start();
    let place = Place::new();
    // As a killed process leaves it: socket file and lock file, nobody at either.
    drop(UnixListener::bind(&place.path).unwrap());
    File::create(place.lock_file()).unwrap();
    let listener = place.bind().unwrap();
    assert_eq!(listener.address(), &place.address);
    assert_serves(&listener, &place.address);
}

#[test]
fn a_live_socket_is_never_stolen() {
    watchdog::start();
    let place = Place::new();
    let first = place.bind().unwrap();
    let e = place.bind().unwrap_err();
    assert_eq!(cause(&e), ErrorKind::AddrInUse);
    assert!(e.message().contains("in use") && e.message().contains("node.sock"), "{e}");
    assert_serves(&first, &place.address);
}

#[test]
fn a_live_socket_without_a_lock_is_not_stolen_either() {
    watchdog::start();
    let place = Place::new();
    let foreign = UnixListener::bind(&place.path).unwrap();
    assert_eq!(cause(&place.bind().unwrap_err()), ErrorKind::AddrInUse);
    foreign.accept().expect("the probe");
    let _client = UnixStream::connect(&place.path).unwrap();
    foreign.accept().unwrap();
    assert!(!exists(&place.lock_file()));
}

#[test]
fn a_live_socket_with_a_full_backlog_is_not_stolen() {
    watchdog::start();
    let place = Place::new();
    let socket = |flags| net::socket_with(net::AddressFamily::UNIX, net::SocketType::STREAM, flags, None).unwrap();
    let address = net::SocketAddrUnix::new(&place.path).unwrap();
    let foreign = socket(net::SocketFlags::CLOEXEC);
    net::bind(&foreign, &address).unwrap();
    net::listen(&foreign, 0).unwrap();
    let mut waiting = Vec::new();
    loop {
        let client = socket(net::SocketFlags::CLOEXEC | net::SocketFlags::NONBLOCK);
        match net::connect(&client, &address) {
            Ok(()) => waiting.push(client),
            Err(e) => break assert_eq!(e, Errno::AGAIN),
        }
    }
    assert_eq!(cause(&place.bind().unwrap_err()), ErrorKind::AddrInUse);
    assert!(exists(&place.path));
}

#[test]
fn of_racing_binders_exactly_one_wins() {
    watchdog::start();
    let place = Place::new();
    for round in 0..50 {
        if round % 2 == 0 {
            drop(UnixListener::bind(&place.path).unwrap());
        }
        let start = Barrier::new(4);
        let results: Vec<_> = thread::scope(|scope| {
            let binder = || {
                start.wait();
                place.bind()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(binder)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        for loser in lost {
            assert_eq!(cause(&loser.unwrap_err()), ErrorKind::AddrInUse);
        }
        assert_serves(won[0].as_ref().unwrap(), &place.address);
    }
}

#[test]
fn binders_that_come_and_go_never_hold_the_path_at_once() {
    watchdog::start();
    let place = Place::new();
    let (holders, held) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let churn = || {
        for _ in 0..400 {
            match place.bind() {
                Ok(listener) => {
                    assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0, "two hold the path");
                    assert!(exists(&place.path));
                    thread::yield_now();
                    assert!(exists(&place.path), "somebody removed the socket of another");
                    held.fetch_add(1, Ordering::SeqCst);
                    holders.fetch_sub(1, Ordering::SeqCst);
                    drop(listener);
                }
                Err(e) => assert_eq!(cause(&e), ErrorKind::AddrInUse),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(churn);
        }
    });
    assert!(held.into_inner() > 0);
    assert!(!exists(&place.path) && !exists(&place.lock_file()));
}

#[test]
fn the_socket_is_for_its_owner_alone() {
    watchdog::start();
    let place = Place::new();
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    let listener = place.bind().unwrap();
    assert_eq!(mode(&place.path), 0o600);
    assert_eq!(mode(&place.lock_file()), 0o600);
    drop(listener);
    let _listener = Listener::bind(&place.address, &BindOptions::new().mode(0o660)).unwrap();
    assert_eq!(mode(&place.path), 0o660);
}

#[test]
fn drop_removes_what_is_its_own_only() {
    watchdog::start();
    let place = Place::new();
    drop(place.bind().unwrap());
    assert!(!exists(&place.path) && !exists(&place.lock_file()));

    let listener = place.bind().unwrap();
    fs::remove_file(&place.path).unwrap();
    fs::write(&place.path, "another's").unwrap();
    drop(listener);
    assert_eq!(fs::read_to_string(&place.path).unwrap(), "another's");
    assert!(!exists(&place.lock_file()));
}

#[test]
fn what_is_no_socket_is_not_replaced() {
    watchdog::start();
    let place = Place::new();
    fs::write(&place.path, "precious").unwrap();
    let e = place.bind().unwrap_err();
    assert_eq!(cause(&e), ErrorKind::AlreadyExists);
    assert!(e.message().contains("no socket"), "{e}");
    assert_eq!(fs::read_to_string(&place.path).unwrap(), "precious");
    assert!(!exists(&place.lock_file()));
}

#[test]
fn another_ones_link_is_not_taken_for_the_lock_file() {
    watchdog::start();
    let place = Place::new();
    let target = place.path.with_file_name("target");
    std::os::unix::fs::symlink(&target, place.lock_file()).unwrap();
    assert!(place.bind().unwrap_err().message().contains("cannot lock"));
    assert!(!exists(&target));
}

#[test]
fn the_directory_must_exist_and_be_safe() {
    watchdog::start();
    let dir = tempfile::tempdir().unwrap();
    let bind = |path: PathBuf| Listener::bind(&Address::unix(path).unwrap(), &BindOptions::new());

    let e = bind(dir.path().join("missing/node.sock")).unwrap_err();
    assert_eq!(cause(&e), ErrorKind::NotFound);
    assert!(e.message().contains("create it first"), "{e}");
    assert!(!exists(&dir.path().join("missing")));

    File::create(dir.path().join("file")).unwrap();
    assert_eq!(cause(&bind(dir.path().join("file/node.sock")).unwrap_err()), ErrorKind::NotADirectory);

    let open = dir.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
    let e = bind(open.join("node.sock")).unwrap_err();
    assert_eq!(cause(&e), ErrorKind::PermissionDenied);
    assert!(e.message().contains("everybody can write"), "{e}");
    fs::set_permissions(&open, Permissions::from_mode(0o1777)).unwrap();
    bind(open.join("node.sock")).unwrap();
}

#[test]
fn a_path_that_is_too_long_is_named_with_the_limit() {
    watchdog::start();
    let dir = tempfile::tempdir().unwrap();
    let longest = |length: usize| {
        let used = dir.path().as_os_str().len() + 1;
        Address::unix(dir.path().join("x".repeat(length - used))).unwrap()
    };
    let listener = Listener::bind(&longest(107), &BindOptions::new()).unwrap();
    assert_serves(&listener, &longest(107));
    let e = Listener::bind(&longest(108), &BindOptions::new()).unwrap_err();
    assert_eq!(cause(&e), ErrorKind::InvalidInput);
    assert!(e.message().contains("has 108 bytes") && e.message().contains("can have 107"), "{e}");
}

#[test]
fn a_peer_of_another_user_is_closed_and_the_next_one_served() {
    watchdog::start();
    let place = Place::new();
    let us = rustix::process::geteuid().as_raw();
    let listener = Listener::bind(&place.address, &BindOptions::new().expected_uid(us + 1)).unwrap();
    let closer = listener.closer();
    thread::scope(|scope| {
        let accepting = scope.spawn(|| listener.accept());
        // Each of them sees its end, so the accept went on after the one before.
        for _ in 0..3 {
            let client = Stream::connect(&place.address).unwrap();
            assert_eq!(client.recv(&mut [0; 8]).unwrap(), 0);
        }
        closer.close();
        assert_eq!(accepting.join().unwrap().unwrap_err().kind(), ExceptionKind::Cancelled);
    });
    drop(listener);

    let listener = Listener::bind(&place.address, &BindOptions::new().expected_uid(us + 1).any_uid()).unwrap();
    assert_serves(&listener, &place.address);
}

#[test]
fn closing_ends_every_accept_for_good() {
    watchdog::start();
    let place = Place::new();
    let listener = place.bind().unwrap();
    let accepted = AtomicBool::new(false);
    thread::scope(|scope| {
        let accept = || {
            // The first stream shows that somebody waits; which of them gets it does not matter.
            match listener.accept() {
                Ok(stream) => {
                    drop(stream);
                    accepted.store(true, Ordering::SeqCst);
                    listener.accept().unwrap_err()
                }
                Err(e) => e,
            }
        };
        let waiting: Vec<_> = (0..3).map(|_| scope.spawn(accept)).collect();
        let client = Stream::connect(&place.address).unwrap();
        assert_eq!(client.recv(&mut [0; 8]).unwrap(), 0);
        listener.closer().close();
        for thread in waiting {
            assert_eq!(thread.join().unwrap().kind(), ExceptionKind::Cancelled);
        }
    });
    assert!(accepted.into_inner());
    let _waits = Stream::connect(&place.address).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), ExceptionKind::Cancelled);
    listener.close();
    assert_eq!(listener.accept().unwrap_err().kind(), ExceptionKind::Cancelled);
}

#[test]
fn tcp_is_for_this_host_unless_asked() {
    watchdog::start();
    for text in ["tcp:0.0.0.0:0", "tcp:192.0.2.1:0"] {
        let e = Listener::bind(&text.parse().unwrap(), &BindOptions::new()).unwrap_err();
        assert_eq!(cause(&e), ErrorKind::InvalidInput);
        assert!(e.message().contains("BindOptions::other_hosts"), "{e}");
    }
    Listener::bind(&"tcp:0.0.0.0:0".parse().unwrap(), &BindOptions::new().other_hosts()).unwrap();

    let listener = Listener::bind(&"x+tcp:localhost:0".parse().unwrap(), &BindOptions::new()).unwrap();
    assert_serves(&listener, listener.address());
    let e = Listener::bind(listener.address(), &BindOptions::new()).unwrap_err();
    assert_eq!(cause(&e), ErrorKind::AddrInUse);
}

#[test]
fn an_inherited_descriptor_that_listens_is_adopted() {
    watchdog::start();
    let place = Place::new();
    // As after an exec: without an owner, and not closed on exec.
    let inherited = |fd: &dyn AsFd| {
        let fd = rustix::io::fcntl_dupfd_cloexec(fd.as_fd(), 300).unwrap();
        rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::empty()).unwrap();
        fd.into_raw_fd()
    };
    let foreign = UnixListener::bind(&place.path).unwrap();
    let address = Address::fd(inherited(&foreign)).unwrap();
    drop(foreign);
    let listener = Listener::bind(&address, &BindOptions::new()).unwrap();
    assert_eq!(listener.address(), &address);
    assert_serves(&listener, &place.address);
    assert!(Listener::bind(&address, &BindOptions::new()).unwrap_err().message().contains("taken already"));

    let (connected, mut other) = UnixStream::pair().unwrap();
    let number = inherited(&connected);
    drop(connected);
    let e = Listener::bind(&Address::fd(number).unwrap(), &BindOptions::new()).unwrap_err();
    assert!(e.message().contains("does not listen"), "{e}");
    assert_eq!(other.read(&mut [0; 8]).unwrap(), 0, "what was adopted in vain is closed");
}

#[test]
fn what_is_no_socket_cannot_be_bound() {
    watchdog::start();
    for text in ["unix", "local:node", "tls:localhost:0"] {
        let e = Listener::bind(&text.parse().unwrap(), &BindOptions::new()).unwrap_err();
        assert_eq!(e.kind(), ExceptionKind::Unimplemented, "{e}");
    }
}
