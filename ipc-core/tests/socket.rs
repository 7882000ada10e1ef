//! Streams: what they carry, when they block, and which descriptors become one.

#[path = "process/watchdog.rs"]
mod watchdog;

use std::{
    error::Error,
    fs::File,
    io::{self, ErrorKind, IoSlice, Read, Write},
    net::{Shutdown, TcpListener, UdpSocket},
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::{UnixDatagram, UnixListener, UnixStream},
    },
    thread,
    time::Duration,
};

use ipc_core::{Address, BindOptions, Exception, ExceptionKind, Listener, Peer, Readiness, Stream};
use rustix::{
    fs::{OFlags, fcntl_getfl},
    io::{FdFlags, fcntl_getfd},
};

fn cause(e: &Exception) -> ErrorKind {
    assert_eq!(e.kind(), ExceptionKind::Disconnected, "{e}");
    e.source().and_then(|e| e.downcast_ref::<io::Error>()).expect("an io::Error as source").kind()
}

fn kind<T: std::fmt::Debug>(result: io::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

fn assert_closes_on_exec_and_blocks(stream: &Stream) {
    assert!(fcntl_getfd(stream).unwrap().contains(FdFlags::CLOEXEC), "{stream:?}");
    assert!(!fcntl_getfl(stream).unwrap().contains(OFlags::NONBLOCK), "{stream:?}");
}

#[test]
fn bytes_arrive_in_order_and_then_the_end() {
    watchdog::start();
    let (a, b) = Stream::pair().unwrap();
    assert_eq!(a.send(b"one").unwrap(), 3);
    assert_eq!(a.try_send(b"two").unwrap(), 3);
    assert_eq!(a.try_send_vectored(&[IoSlice::new(b"th"), IoSlice::new(b""), IoSlice::new(b"ree")]).unwrap(), 5);
    drop(a);
    let mut all = Vec::new();
    (&b).read_to_end(&mut all).unwrap();
    assert_eq!(all, b"onetwothree");
    assert_eq!(b.try_recv(&mut [0; 4]).unwrap(), 0);
    assert_eq!(b.recv(&mut [0; 4]).unwrap(), 0);
}

#[test]
fn the_try_methods_never_block() {
    watchdog::start();
    let (a, b) = Stream::pair().unwrap();
    assert_eq!(kind(b.try_recv(&mut [0; 8])), ErrorKind::WouldBlock);

    let block = [7; 65536];
    let mut sent = 0;
    let full = loop {
        match a.try_send_vectored(&[IoSlice::new(&block), IoSlice::new(&block)]) {
            Ok(n) => sent += n,
            Err(e) => break e.kind(),
        }
    };
    assert_eq!(full, ErrorKind::WouldBlock);
    loop {
        match a.try_send(&block[..1]) {
            Ok(n) => sent += n,
            Err(e) => break assert_eq!(e.kind(), ErrorKind::WouldBlock),
        }
    }
    assert!(a.wait(Readiness::WRITABLE, Some(Duration::ZERO)).unwrap().is_none());

    let mut received = vec![0; sent];
    (&b).read_exact(&mut received).unwrap();
    assert!(received.iter().all(|byte| *byte == 7));
    assert_eq!(a.wait(Readiness::BOTH, None).unwrap(), Readiness::WRITABLE);
    assert_eq!(kind(b.try_recv(&mut [0; 8])), ErrorKind::WouldBlock);
    assert_closes_on_exec_and_blocks(&a);
}

#[test]
fn a_blocking_send_waits_for_room_and_a_blocking_receive_for_bytes() {
    watchdog::start();
    let (a, b) = Stream::pair().unwrap();
    let bytes: Vec<u8> = (0..4_000_000_u32).map(|n| n as u8).collect();
    let sender = thread::spawn({
        let bytes = bytes.clone();
        move || (&a).write_all(&bytes).unwrap()
    });
    let mut received = Vec::new();
    (&b).read_to_end(&mut received).unwrap();
    sender.join().unwrap();
    assert!(received == bytes);
}

#[test]
fn more_slices_than_the_kernel_takes_are_sent_in_part() {
    watchdog::start();
    let (a, b) = Stream::pair().unwrap();
    let slices = vec![IoSlice::new(b"x"); 3000];
    assert_eq!(a.try_send_vectored(&slices).unwrap(), 1024);
    assert_eq!(b.recv(&mut [0; 4096]).unwrap(), 1024);
}

#[test]
fn waiting_ends_with_bytes_with_the_time_and_with_the_end() {
    watchdog::start();
    let (a, b) = Stream::pair().unwrap();
    assert!(!b.wait_readable(Some(Duration::ZERO)).unwrap());
    assert!(!b.wait_readable(Some(Duration::from_millis(1))).unwrap());
    a.send(b"x").unwrap();
    assert!(b.wait_readable(None).unwrap());
    assert!(b.wait_readable(Some(Duration::MAX)).unwrap());
    assert_eq!(b.recv(&mut [0; 8]).unwrap(), 1);
    drop(a);
    assert_eq!(b.wait(Readiness::BOTH, None).unwrap(), Readiness::BOTH);
    assert_eq!(kind(b.try_send(b"x")), ErrorKind::BrokenPipe);
    assert_eq!(kind(b.send(b"x")), ErrorKind::BrokenPipe);
}

#[test]
fn shutdown_ends_all_copies_and_wakes_who_waits() {
    watchdog::start();
    let (a, b) = Stream::pair().unwrap();
    let copy = b.try_clone().unwrap();
    assert!(fcntl_getfd(&copy).unwrap().contains(FdFlags::CLOEXEC));
    let waiter = thread::spawn(move || copy.recv(&mut [0; 8]).unwrap());
    b.shutdown(Shutdown::Both).unwrap();
    assert_eq!(waiter.join().unwrap(), 0);
    assert_eq!(a.recv(&mut [0; 8]).unwrap(), 0);
    b.shutdown(Shutdown::Both).unwrap();
}

#[test]
fn only_connected_stream_sockets_become_streams() {
    watchdog::start();
    let (unix, _other) = UnixStream::pair().unwrap();
    unix.set_nonblocking(true).unwrap();
    assert_closes_on_exec_and_blocks(&Stream::from_fd(unix.into()).unwrap());

    let dir = tempfile::tempdir().unwrap();
    let no_streams: [OwnedFd; 5] = [
        File::open("/dev/null").unwrap().into(),
        UdpSocket::bind("127.0.0.1:0").unwrap().into(),
        UnixDatagram::pair().unwrap().0.into(),
        UnixListener::bind(dir.path().join("a")).unwrap().into(),
        TcpListener::bind("127.0.0.1:0").unwrap().into(),
    ];
    for fd in no_streams {
        let e = Stream::from_fd(fd).unwrap_err();
        assert!(e.message().contains("no connected stream socket"), "{e}");
    }
}

#[test]
fn a_unix_stream_knows_its_peer() {
    watchdog::start();
    let dir = tempfile::tempdir().unwrap();
    let address = Address::unix(dir.path().join("a")).unwrap();
    let listener = Listener::bind(&address, &BindOptions::new()).unwrap();
    let client = Stream::connect(&address).unwrap();
    let server = listener.accept().unwrap();
    for stream in [&client, &server] {
        let Peer::Process { pid: Some(pid), uid } = stream.peer() else { panic!("{stream:?}") };
        assert_eq!((*pid, *uid), (std::process::id(), rustix::process::geteuid().as_raw()));
        assert_eq!(stream.peer().to_string(), format!("pid {pid} of uid {uid}"));
        assert!(!stream.is_tcp());
        assert_eq!(stream.peer().exit_note(Duration::ZERO), None);
        assert_closes_on_exec_and_blocks(stream);
    }
    assert!(fcntl_getfd(listener.as_fd()).unwrap().contains(FdFlags::CLOEXEC));
}

#[test]
fn a_tcp_stream_knows_its_peer_and_sends_without_delay() {
    watchdog::start();
    let listener = Listener::bind(&"tcp:127.0.0.1:0".parse().unwrap(), &BindOptions::new()).unwrap();
    let client = Stream::connect(listener.address()).unwrap();
    let server = listener.accept().unwrap();
    for stream in [&client, &server] {
        assert!(stream.is_tcp());
        assert!(matches!(stream.peer(), Peer::Internet(address) if address.ip().is_loopback()));
        assert!(rustix::net::sockopt::tcp_nodelay(stream).unwrap());
        assert_closes_on_exec_and_blocks(stream);
    }
    assert_eq!(listener.address().to_string(), format!("tcp:{}", client.peer()));
    client.send(b"ping").unwrap();
    let mut got = [0; 4];
    (&server).read_exact(&mut got).unwrap();
    assert_eq!(&got, b"ping");
    assert!(fcntl_getfd(listener.as_fd()).unwrap().contains(FdFlags::CLOEXEC));
}

#[test]
fn connecting_fails_with_the_reason() {
    watchdog::start();
    let dir = tempfile::tempdir().unwrap();
    let missing = Address::unix(dir.path().join("missing")).unwrap();
    let e = Stream::connect(&missing).unwrap_err();
    assert_eq!(cause(&e), ErrorKind::NotFound);
    assert!(e.message().contains("nobody listens at") && e.message().contains("missing"), "{e}");

    let path = dir.path().join("stale");
    drop(UnixListener::bind(&path).unwrap());
    assert_eq!(cause(&Stream::connect(&Address::unix(path).unwrap()).unwrap_err()), ErrorKind::ConnectionRefused);

    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let e = Stream::connect(&format!("tcp:{free}").parse().unwrap()).unwrap_err();
    assert_eq!(cause(&e), ErrorKind::ConnectionRefused);

    let long = Address::unix("/".to_owned() + &"x".repeat(107)).unwrap();
    let e = Stream::connect(&long).unwrap_err();
    assert_eq!(cause(&e), ErrorKind::InvalidInput);
    assert!(e.message().contains("108 bytes") && e.message().contains("107"), "{e}");

    for text in ["unix", "local:node", "tls:localhost:1"] {
        let e = Stream::connect(&text.parse().unwrap()).unwrap_err();
        assert_eq!(e.kind(), ExceptionKind::Unimplemented, "{e}");
    }
    for text in ["tcp:localhost:0", "fd:1", "fd:100000"] {
        assert_eq!(cause(&Stream::connect(&text.parse().unwrap()).unwrap_err()), ErrorKind::InvalidInput);
    }
}
