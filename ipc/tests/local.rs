//! Serving and connecting within one process.
#![cfg(feature = "local")]

mod support;

use std::{num::NonZeroUsize, sync::Arc, thread, time::Duration};

use ipc::{ExceptionKind, ServerOptions};
use support::{Init, Served};

const LONG: Duration = Duration::from_secs(60);

#[test]
fn an_object_is_served_at_a_name_to_any_thread() {
    let server = ipc::serve("local:served", Served::object().0).unwrap();
    assert_eq!(server.address().to_string(), "local:served");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let init: Arc<dyn Init> = ipc::connect(server.address()).unwrap();
                assert_eq!(init.pid().unwrap(), std::process::id());
            });
        }
    });
    let init: Arc<dyn Init> = ipc::connect("local:served").unwrap();
    server.close(LONG).unwrap();
    assert_eq!(init.pid().unwrap_err().kind(), ExceptionKind::Disconnected);
}

#[test]
fn a_name_is_one_servers_as_long_as_that_lives() {
    let absent = ipc::connect::<dyn Init>("local:name").map(drop).unwrap_err();
    assert_eq!(absent.kind(), ExceptionKind::Disconnected);
    let first = ipc::serve("local:name", Served::object().0).unwrap();
    let taken = ipc::serve("local:name", Served::object().0).unwrap_err();
    assert_eq!(taken.kind(), ExceptionKind::Disconnected);
    assert!(taken.message().contains("already"), "{taken}");
    drop(first);
    drop(ipc::serve("local:name", Served::object().0).unwrap());
}

#[test]
fn past_the_most_connections_one_waits_for_another_to_end() {
    let one = ServerOptions::new().max_connections(NonZeroUsize::MIN);
    let server = one.serve("local:one", Served::object().0).unwrap();
    let first: Arc<dyn Init> = ipc::connect("local:one").unwrap();
    let late = ipc::deadline(Duration::from_millis(20), || ipc::connect::<dyn Init>("local:one")).map(drop);
    assert_eq!(late.unwrap_err().kind(), ExceptionKind::DeadlineExceeded);
    let waiting = thread::spawn(|| ipc::connect::<dyn Init>("local:one").unwrap().pid());
    drop(first);
    assert_eq!(waiting.join().unwrap().unwrap(), std::process::id());
    drop(server);
}
