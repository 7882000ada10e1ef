//! T5, T6 and T7: how threads end, what they are called, and how many there are.

use std::{
    sync::{Arc, Mutex},
    thread,
};

use ipc_core::ExceptionKind::Overloaded;

use crate::{
    case::{Case, cases},
    cases::tools::{named, own, step, teller},
    server::this_thread,
    wait,
    world::{Client, World},
};

pub(super) const CASES: &[Case] = cases! {
    T5 ALL a_server_thread_ends_with_its_client_thread;
    T5 ALL it_ends_on_an_idle_connection_too;
    T5 ALL many_server_threads_end;
    T5 ALL a_thread_locals_drop_may_call_back;
    T5 ALL a_thread_of_ours_ends_with_its_thread_of_the_peer;
    T5 ALL a_call_in_a_thread_locals_drop_comes_back;
    T6 ALL the_name_of_a_client_thread_carries_over;
    T6 ALL the_name_of_a_thread_of_the_peer_carries_over;
    T6 ALL names_of_all_kinds;
    T7 ALL past_the_limit_is_overloaded;
    T7 ALL what_has_a_thread_is_not_harmed;
};

fn until_no_locals(client: &Client) {
    wait::until("the thread-locals of server threads are dropped", || client.live_locals() == Ok(0));
}

fn a_server_thread_ends_with_its_client_thread(world: &World) {
    let client = world.client();
    let before = client.held_there().server_threads;
    thread::scope(|scope| {
        let ends = scope.spawn(|| {
            client.hold_local(None).unwrap();
            assert_eq!(client.live_locals(), Ok(1));
            assert_eq!(client.held_there().server_threads, before + 1);
        });
        ends.join().unwrap();
    });
    until_no_locals(&client);
    wait::until("the server thread is gone", || client.held_there().server_threads == before);
}

/// Nobody calls over it any more.
fn it_ends_on_an_idle_connection_too(world: &World) {
    let (client, control) = (world.client(), world.client());
    thread::scope(|scope| {
        scope.spawn(|| client.hold_local(None).unwrap()).join().unwrap();
    });
    until_no_locals(&control);
}

fn many_server_threads_end(world: &World) {
    let client = world.client();
    let before = client.held_there().server_threads;
    for _ in 0..5 {
        thread::scope(|scope| {
            for _ in 0..10 {
                scope.spawn(|| client.hold_local(None).unwrap());
            }
        });
    }
    until_no_locals(&client);
    wait::until("the server threads are gone", || client.held_there().server_threads == before);
}

fn a_thread_locals_drop_may_call_back(world: &World) {
    let client = world.client();
    let (tell, _told) = teller();
    thread::scope(|scope| {
        scope.spawn(|| client.hold_local(Some(tell)).unwrap()).join().unwrap();
    });
    // Whether it was told depends on the transport; that the thread ends does not.
    until_no_locals(&client);
    assert_eq!(client.nothing(), Ok(()));
}

fn a_thread_of_ours_ends_with_its_thread_of_the_peer(world: &World) {
    struct Ends(std::sync::mpsc::Sender<()>);
    impl Drop for Ends {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    thread_local!(static ENDS: Mutex<Option<Ends>> = const { Mutex::new(None) });
    let client = world.client();
    let (ended, end) = std::sync::mpsc::channel();
    let holding = step(move |n| {
        ENDS.with(|ends| *ends.lock().unwrap() = Some(Ends(ended.clone())));
        Ok(n)
    });
    assert_eq!(client.down_elsewhere("elsewhere".into(), 1, 3, holding), Ok(3));
    for _ in 0..3 {
        // The former is dropped by the next call, the last with the thread.
        end.recv().unwrap();
    }
    wait::until("the thread is gone", || client.held_here().server_threads == 0);
}

fn a_call_in_a_thread_locals_drop_comes_back(world: &World) {
    struct Calls(Arc<dyn crate::interfaces::Lab>);
    impl Drop for Calls {
        fn drop(&mut self) {
            // It may work or fail.
            let _ = self.0.nothing();
            let _ = self.0.add_now(1, 2);
        }
    }
    thread_local!(static CALLS: Mutex<Option<Calls>> = const { Mutex::new(None) });
    let client = world.client();
    let before = client.held_there().server_threads;
    for first in [true, false] {
        let lab = client.lab.clone();
        thread::spawn(move || {
            // Both orders of the destructors.
            if first {
                lab.nothing().unwrap();
            }
            CALLS.with(|calls| *calls.lock().unwrap() = Some(Calls(lab.clone())));
            lab.nothing().unwrap();
        })
        .join()
        .unwrap();
    }
    wait::until("the server threads are gone", || client.held_there().server_threads == before);
}

fn the_name_of_a_client_thread_carries_over(world: &World) {
    let client = world.client();
    thread::scope(|scope| {
        for name in ["lab-1", "lab-2"] {
            let info = named(scope, name, || client.thread()).join().unwrap().unwrap();
            assert!(info.name.contains(name), "{info:?}");
            assert!(info.os_name.contains(name), "{info:?}");
        }
    });
}

fn the_name_of_a_thread_of_the_peer_carries_over(world: &World) {
    let asking = step(|_| {
        let info = this_thread();
        if info.name.contains("elsewhere") && info.os_name.contains("elsewhere") { Ok(1) } else { Err(own(&info.name)) }
    });
    assert_eq!(world.client().down_elsewhere("elsewhere".into(), 0, 2, asking), Ok(2));
}

fn names_of_all_kinds(world: &World) {
    let client = world.client();
    thread::scope(|scope| {
        assert!(scope.spawn(|| client.thread()).join().unwrap().is_ok());
        for name in ["", " ", "Ünïcödé", &"long".repeat(1000)] {
            let info = named(scope, name, || client.thread()).join().unwrap().unwrap();
            assert!(info.name.contains(name), "{info:?}");
        }
    });
}

fn past_the_limit_is_overloaded(world: &World) {
    world.limit_server(|limits| limits.server_threads = 4);
    let (client, control) = (world.client(), world.client());
    thread::scope(|scope| {
        // With this thread they are four.
        let three: Vec<_> = (0..3).map(|_| scope.spawn(|| client.wait_for("go".into()))).collect();
        control.until_blocked("go", 3);
        for _ in 0..3 {
            let refused = scope.spawn(|| client.thread()).join().unwrap().unwrap_err();
            assert_eq!(refused.kind(), Overloaded, "{refused}");
        }
        control.happen("go".into()).unwrap();
        three.into_iter().for_each(|thread| assert_eq!(thread.join().unwrap(), Ok(())));
    });
    // Their threads end soon.
    wait::until("there is room again", || {
        thread::scope(|scope| scope.spawn(|| client.thread().is_ok()).join().unwrap())
    });
}

fn what_has_a_thread_is_not_harmed(world: &World) {
    world.limit_server(|limits| limits.server_threads = 2);
    let client = world.client();
    let lab = client.lab.clone();
    thread::scope(|scope| {
        let blocked = scope.spawn(|| client.wait_for("go".into()));
        client.until_blocked("go", 1);
        let overloading = step(move |n| {
            let lab = lab.clone();
            match thread::spawn(move || lab.nothing()).join().map_err(|_| own("it panicked"))? {
                Err(error) if error.kind() == Overloaded => Ok(n),
                other => Err(own(&format!("expected Overloaded, got {other:?}"))),
            }
        });
        for n in 0..5 {
            assert_eq!(client.down(n, overloading.clone()), Ok(n));
        }
        assert_eq!(client.add_now(1, 2), Ok(3));
        client.happen("go".into()).unwrap();
        assert_eq!(blocked.join().unwrap(), Ok(()));
    });
}
