//! F5 and F7 where sockets are: how many connections there are, who else holds a socket, and when descriptors run out.

use std::{
    fs::File,
    num::NonZeroUsize,
    os::fd::OwnedFd,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use ipc_core::{
    AcceptLoop, Address, BindOptions,
    ExceptionKind::{DeadlineExceeded, Disconnected, Interrupted},
    FdBy, Listener, Process, Spawn, Stream, deadline,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;

use crate::{
    case::{Case, cases},
    cases::tools::{kind, step},
    harness::RawEnd,
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    F7 SOCKETS one_slot_serves_one_connection_after_the_other = |world| slots(world, 1);
    F7 SOCKETS two_slots_serve_two_and_a_third_waits = |world| slots(world, 2);
    F5 SOCKETS clients_that_left_before_they_were_accepted;
    F5 SOCKETS closed_while_another_process_holds_the_socket;
    F5 SOCKETS cut_while_another_process_holds_the_socket;
    F5 PROCESSES programs_started_during_traffic_inherit_nothing;
    F5 SOCKETS descriptors_run_out_while_connections_are_accepted;
};

/// Time enough for a connection to be made.
const SHORT: Duration = Duration::from_millis(200);

/// A socket of a case's own; the directory goes with it.
pub(super) fn socket() -> (TempDir, Address) {
    let directory = tempfile::tempdir().expect("there is room");
    let address = Address::unix(directory.path().join("server.sock")).expect("it is short enough");
    (directory, address)
}

/// Accepts, at most so many at a time.
pub(super) fn accept(world: &World, listener: Listener, slots: usize) -> AcceptLoop {
    let serve = world.server_over();
    let most = NonZeroUsize::new(slots).expect("not zero");
    AcceptLoop::start(listener, most, move |stream, slot| {
        // Whoever has left already is no connection, and takes no slot.
        if let Ok(connection) = serve(stream) {
            connection.on_disconnect(move |_| drop(slot));
        }
    })
    .expect("there are threads")
}

fn slots(world: &World, slots: usize) {
    let (_directory, address) = socket();
    let accepting = accept(world, Listener::bind(&address, &BindOptions::new()).unwrap(), slots);
    let connect = || world.client_over(Stream::connect(&address)?);
    let mut clients: Vec<_> = (0..slots).map(|_| connect().unwrap()).collect();
    for round in 0..3 {
        // One more waits, longer than it can.
        assert_eq!(kind(deadline(SHORT, || connect().map(drop))), DeadlineExceeded);
        assert_eq!(accepting.slots().taken(), slots);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| connect().unwrap());
            assert!(clients.iter().all(|client| client.down(round, step(Ok)) == Ok(round)));
            drop(clients.remove(0));
            let served = waiting.join().unwrap();
            assert_eq!(served.down(round, step(Ok)), Ok(round));
            clients.push(served);
        });
    }
    drop(clients);
    let again: Vec<_> = (0..slots).map(|_| connect().unwrap()).collect();
    assert!(again.iter().all(|client| client.nothing() == Ok(())));
}

fn clients_that_left_before_they_were_accepted(world: &World) {
    let (_directory, address) = socket();
    let listener = Listener::bind(&address, &BindOptions::new()).unwrap();
    for n in 0..10 {
        let mut left = Stream::connect(&address).unwrap();
        left.send(&vec![0; n]).unwrap();
        let _ = RawEnd::send(&mut left, &[0; 3]);
    }
    // Each of them takes the only slot, and leaves it.
    let accepting = accept(world, listener, 1);
    let client = world.client_over(Stream::connect(&address).unwrap()).unwrap();
    assert_eq!(client.down(3, step(Ok)), Ok(3));
    assert_eq!(accepting.slots().taken(), 1);
}

/// A process that does nothing but hold a descriptor. It ends with the case.
struct Holder(Process);

impl Holder {
    fn new(fd: OwnedFd) -> Self {
        let holder = Spawn::new("sleep").fd_by(FdBy::Environment).arg("1000").stdin(fd).die_with_parent(true);
        Self(holder.spawn().expect("there is `sleep`"))
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.0.kill().expect("it is our child");
    }
}

/// A connection with both ends here, and another process for each end that holds it too.
fn held_elsewhere(world: &World) -> (crate::world::Client, ipc_core::Connection, [Holder; 2]) {
    let (ours, theirs) = Stream::pair().unwrap();
    let holders = [&ours, &theirs].map(|end| Holder::new(end.try_clone().unwrap().into()));
    let server = world.server_over()(theirs).unwrap();
    (world.client_over(ours).unwrap(), server, holders)
}

/// The end of the stream does not come by itself, so it must be said.
fn closed_while_another_process_holds_the_socket(world: &World) {
    for by_server in [false, true] {
        let (client, server, _holders) = held_elsewhere(world);
        let (closes, other) = if by_server { (&server, &client.connection) } else { (&client.connection, &server) };
        assert_eq!(closes.close(Duration::from_secs(50)), Ok(()));
        crate::until("the other side is told", || !other.is_connected());
        assert_eq!(kind(client.nothing()), Disconnected);
    }
}

fn cut_while_another_process_holds_the_socket(world: &World) {
    let (client, server, _holders) = held_elsewhere(world);
    let control = world.client();
    thread::scope(|scope| {
        let call = scope.spawn(|| client.wait_for("go".into()));
        control.until_blocked("go", 1);
        (client.cut)();
        assert_eq!(kind(call.join().unwrap()), Interrupted);
    });
    crate::until("the other side is told", || !server.is_connected());
    control.happen("go".into()).unwrap();
}

/// While calls run, so that a descriptor that is open for a moment only would be found.
fn programs_started_during_traffic_inherit_nothing(world: &World) {
    let listed = || {
        let ls = Command::new("ls").arg("/proc/self/fd").stdin(Stdio::null()).output().expect("there is `ls`");
        String::from_utf8(ls.stdout).expect("they are numbers")
    };
    // Those that this program inherited itself, and that of the directory.
    let before = listed();
    // Peers have one connection from their beginning, and others by their address.
    let (client, _other) = (world.client(), world.client());
    thread::scope(|scope| {
        let calls = scope.spawn(|| {
            while client.down(1, step(Ok)).is_ok() {
                drop(world.client());
            }
        });
        for _ in 0..30 {
            assert_eq!(listed(), before);
        }
        (client.cut)();
        calls.join().unwrap();
    });
}

fn descriptors_run_out_while_connections_are_accepted(world: &World) {
    let (_directory, address) = socket();
    let accepting = accept(world, Listener::bind(&address, &BindOptions::new()).unwrap(), 100);
    let client = world.client_over(Stream::connect(&address).unwrap()).unwrap();
    let limit = Rlimit { current: Some(256), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, limit).unwrap();
    let mut hoard: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    // One for the client that tries; none is left for the server, which turns it away after a while.
    hoard.pop();
    let mut refused = Stream::connect(&address).unwrap();
    refused.wait_closed().unwrap();
    assert_eq!(client.down(3, step(Ok)), Ok(3));
    drop(hoard);
    // It is told when there are some again, or looks.
    crate::until("a new client is served", || {
        let connected = deadline(SHORT, || world.client_over(Stream::connect(&address)?));
        connected.is_ok_and(|client| client.down(3, step(Ok)) == Ok(3))
    });
    drop(accepting);
    assert_eq!(client.down(3, step(Ok)), Ok(3));
}
