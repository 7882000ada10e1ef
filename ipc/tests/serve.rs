//! Serving and connecting.
#![cfg(feature = "capnp")]

mod support;

use std::{
    sync::{Arc, mpsc::channel},
    thread,
    time::Duration,
};

use ipc::{Address, Connected, Endpoint, ExceptionKind, Server, ServerOptions, Stream};
use support::{Init, Served};

const LONG: Duration = Duration::from_secs(60);

fn socket(dir: &tempfile::TempDir) -> Address {
    Address::unix(dir.path().join("node.sock")).unwrap()
}

#[test]
fn an_object_is_served_at_a_unix_socket() {
    let dir = tempfile::tempdir().unwrap();
    let server = ipc::serve(socket(&dir), Served::object().0).unwrap();
    assert_eq!(server.address().to_string(), format!("capnp+unix:{}/node.sock", dir.path().display()));
    let init: Arc<dyn Init> = ipc::connect(server.address()).unwrap();
    assert_eq!(init.pid().unwrap(), std::process::id());
    assert_eq!(server.connections().len(), 1);
}

#[test]
fn the_address_has_the_real_port() {
    let server = ipc::serve("tcp:127.0.0.1:0", Served::object().0).unwrap();
    assert!(matches!(server.address().endpoint(), Endpoint::Tcp { port, .. } if *port != 0));
    let init: Arc<dyn Init> = ipc::connect(server.address().to_string()).unwrap();
    assert_eq!(init.pid().unwrap(), std::process::id());
}

#[test]
fn a_connection_that_is_gone_is_forgotten() {
    let server = ipc::serve("tcp:127.0.0.1:0", Served::object().0).unwrap();
    let client: Connected<dyn Init> = ipc::open(server.address()).unwrap();
    client.root.pid().unwrap();
    let (lost, when_lost) = channel();
    server.connections()[0].on_disconnect(move |_| lost.send(()).unwrap());
    drop(client);
    when_lost.recv_timeout(LONG).unwrap();
    assert_eq!(server.connections().len(), 0);
}

#[test]
fn a_peer_past_the_most_connections_waits_for_a_place() {
    let options = ServerOptions::new().max_connections(1.try_into().unwrap());
    let server = options.serve("tcp:127.0.0.1:0", Served::object().0).unwrap();
    let first: Connected<dyn Init> = ipc::open(server.address()).unwrap();
    first.root.pid().unwrap();
    let second = thread::spawn({
        let address = server.address().clone();
        move || ipc::connect::<dyn Init>(address)?.pid()
    });
    assert_eq!(server.connections().len(), 1);
    first.connection.close(LONG).unwrap();
    assert_eq!(second.join().unwrap().unwrap(), std::process::id());
}

#[test]
fn closing_lets_running_calls_end() {
    let (root, control) = Served::object();
    let server = ipc::serve("tcp:127.0.0.1:0", root).unwrap();
    let address = server.address().clone();
    let call = thread::spawn(move || ipc::connect::<dyn Init>(address)?.block());
    control.begun.recv_timeout(LONG).unwrap();
    let address = server.address().clone();
    let closing = thread::spawn(move || server.close(LONG));
    // It stops accepting first.
    while Stream::connect(&address).is_ok() {}
    control.release.send(()).unwrap();
    assert_eq!(call.join().unwrap(), Ok(()));
    assert_eq!(closing.join().unwrap(), Ok(()));
}

#[test]
fn closing_reports_what_still_runs_after_the_grace_time() {
    let (root, control) = Served::object();
    let server = ipc::serve("tcp:127.0.0.1:0", root).unwrap();
    let address = server.address().clone();
    let call = thread::Builder::new().name("caller".into());
    let call = call.spawn(move || ipc::connect::<dyn Init>(address)?.block()).unwrap();
    control.begun.recv_timeout(LONG).unwrap();
    let running = server.close(Duration::from_millis(1)).unwrap_err();
    assert_eq!(running.threads.len(), 1, "{running}");
    assert!(running.threads[0].contains("caller"), "{running}");
    assert_eq!(call.join().unwrap().unwrap_err().kind(), ExceptionKind::Interrupted);
    control.release.send(()).unwrap();
}

#[test]
fn nobody_listens_after_a_drop() {
    let server: Server = ipc::serve("tcp:127.0.0.1:0", Served::object().0).unwrap();
    let address = server.address().clone();
    let client: Connected<dyn Init> = ipc::open(&address).unwrap();
    client.root.pid().unwrap();
    drop(server);
    client.connection.wait();
    assert_eq!(client.root.pid().unwrap_err().kind(), ExceptionKind::Disconnected);
    assert_eq!(ipc::connect::<dyn Init>(&address).err().unwrap().kind(), ExceptionKind::Disconnected);
}

#[test]
fn a_transport_that_is_given_takes_no_other_scheme() {
    let capnp = transport_capnp::Capnp;
    let server = ipc::serve_with(&capnp, "tcp:127.0.0.1:0", Served::object().0).unwrap();
    let init: Arc<dyn Init> = ipc::connect_with(&capnp, server.address()).unwrap();
    assert_eq!(init.pid().unwrap(), std::process::id());
    let error = ipc::connect_with::<_, dyn Init>(&capnp, "grpc+tcp:127.0.0.1:1").err().unwrap();
    assert!(error.message().contains("expected capnp+"), "{error}");
}
