//! O6: interfaces that declare `destroy`.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
    thread,
    time::Duration,
};

use ipc_core::{deadline, threads};

use crate::{
    case::{Case, cases},
    cases::tools::teller,
    interfaces::{Owned, Tell},
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    O6 ALL drop_waits_for_the_objects_drop;
    O6 ALL the_object_is_dropped_by_the_thread_that_serves_this_one;
    O6 ALL only_the_last_proxy_destroys;
    O6 ALL a_drop_that_calls_back_runs_on_the_waiting_thread;
    O6 ALL a_deadline_ends_the_wait;
    O6 ALL five_seconds_end_the_wait;
    O6 ALL unwinding_does_not_wait;
    O6 ALL thread_local_teardown_does_not_wait;
    O6 ALL drop_after_the_connection_is_lost_does_not_wait;
    O6 ALL an_object_with_destroy_goes_with_the_connection;
};

fn drop_waits_for_the_objects_drop(world: &World) {
    let client = world.client();
    for n in 1..=20 {
        let (tell, told) = teller();
        let owned = client.owned(String::new(), tell).unwrap();
        assert_eq!(client.live(), Ok(1));
        drop(owned);
        // At once, not soon.
        assert_eq!(told.lock().unwrap().len(), 1, "in round {n}");
        assert_eq!(client.live(), Ok(0));
    }
}

fn the_object_is_dropped_by_the_thread_that_serves_this_one(world: &World) {
    let client = world.client();
    let (tell, told) = teller();
    let owned = client.owned(String::new(), tell).unwrap();
    let server_thread = client.thread().unwrap().number;
    assert_eq!(owned.thread(), Ok(server_thread));
    drop(owned);
    assert_eq!(*told.lock().unwrap(), [server_thread]);
}

fn only_the_last_proxy_destroys(world: &World) {
    let client = world.client();
    let (tell, told) = teller();
    let owned = client.owned(String::new(), tell).unwrap();
    drop(owned.clone());
    thread::scope(|scope| drop(scope.spawn(|| drop(owned.clone())).join()));
    assert!(owned.thread().is_ok());
    assert!(told.lock().unwrap().is_empty());
    drop(owned);
    assert_eq!(told.lock().unwrap().len(), 1);
}

fn a_drop_that_calls_back_runs_on_the_waiting_thread(world: &World) {
    let client = world.client();
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let tell: Tell = {
        let told = told.clone();
        Arc::new(move |_| {
            told.lock().unwrap().push(threads::sequence());
            Ok(())
        })
    };
    drop(client.owned(String::new(), tell).unwrap());
    assert_eq!(*told.lock().unwrap(), [threads::sequence()]);
}

fn a_deadline_ends_the_wait(world: &World) {
    let client = world.client();
    let (tell, told) = teller();
    let owned = client.owned("go".into(), tell).unwrap();
    // The destructor waits for an event that comes only after this.
    deadline(Duration::from_millis(50), || drop(owned));
    assert!(told.lock().unwrap().is_empty());
    client.happen("go".into()).unwrap();
    client.until_live(0);
}

fn five_seconds_end_the_wait(world: &World) {
    let client = world.client();
    let (tell, _told) = teller();
    let owned = client.owned("go".into(), tell).unwrap();
    drop(owned);
    assert_eq!(client.live(), Ok(1));
    client.happen("go".into()).unwrap();
    client.until_live(0);
}

fn unwinding_does_not_wait(world: &World) {
    let client = world.client();
    let (tell, told) = teller();
    let owned = client.owned("go".into(), tell).unwrap();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _dropped_while_unwinding = owned;
        resume_unwind(Box::new("boom"));
    }));
    assert!(caught.is_err());
    assert!(told.lock().unwrap().is_empty());
    // This thread's server thread is in the destructor.
    thread::scope(|scope| scope.spawn(|| client.happen("go".into())).join().unwrap().unwrap());
    client.until_live(0);
}

fn thread_local_teardown_does_not_wait(world: &World) {
    thread_local!(static OWNED: RefCell<Option<Arc<dyn Owned>>> = const { RefCell::new(None) });
    let client = world.client();
    let (tell, told) = teller();
    thread::scope(|scope| {
        let holding = scope.spawn(|| {
            let owned = client.owned("go".into(), tell).unwrap();
            OWNED.set(Some(owned));
        });
        holding.join().unwrap();
    });
    assert!(told.lock().unwrap().is_empty());
    client.happen("go".into()).unwrap();
    client.until_live(0);
}

fn drop_after_the_connection_is_lost_does_not_wait(world: &World) {
    let (client, control) = (world.client(), world.client());
    let (tell, _told) = teller();
    let owned = client.owned(String::new(), tell).unwrap();
    (client.cut)();
    drop(owned);
    control.until_live(0);
}

fn an_object_with_destroy_goes_with_the_connection(world: &World) {
    let (client, control) = (world.client(), world.client());
    let (tell, _told) = teller();
    let owned = client.owned(String::new(), tell).unwrap();
    (client.cut)();
    control.until_live(0);
    drop(owned);
}
