//! F1, F2 and F3: what callers are told when the peer is gone.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use ipc_core::{
    ExceptionKind::{DeadlineExceeded, Disconnected, Interrupted},
    deadline,
};

use crate::{
    case::{Case, cases},
    cases::tools::{Tally, kind, own, step},
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    F1 ALL calls_after_the_loss_are_disconnected;
    F1 ALL calls_on_all_objects_are_disconnected;
    F1 ALL a_call_that_is_disconnected_never_ran;
    F1 ALL a_stored_callback_of_a_gone_client_is_disconnected;
    F1 ALL arguments_of_a_call_that_is_not_sent_are_dropped;
    F1 PROCESSES connecting_to_a_dead_peer_fails;
    F2 ALL a_call_in_flight_is_interrupted;
    F2 ALL a_call_that_ran_but_was_not_answered_is_interrupted;
    F2 ALL the_first_calls_of_threads_are_interrupted;
    F2 ALL a_call_that_waits_for_a_busy_thread_is_interrupted;
    F2 ALL all_threads_are_interrupted_each_once;
    F2 ALL nested_calls_are_interrupted_from_the_inside_out;
    F2 ALL a_handler_that_waits_for_a_callback_is_interrupted;
    F3 ALL disconnect_handlers_run_once;
    F3 ALL disconnect_handlers_run_outside_all_locks;
    F3 ALL a_handler_that_comes_late_runs_now;
    F3 ALL a_handler_that_panics_harms_nobody;
    F3 ALL the_server_is_told_once;
    F3 ALL wait_returns;
};

/// Time enough for a call to arrive.
const SHORT: Duration = Duration::from_millis(100);

fn calls_after_the_loss_are_disconnected(world: &World) {
    let (client, other) = (world.client(), world.client());
    (client.cut)();
    crate::until("the loss is noticed", || !client.connection.is_connected());
    for _ in 0..10 {
        assert_eq!(kind(client.nothing()), Disconnected);
        assert_eq!(kind(client.add_now(1, 2)), Disconnected);
    }
    assert_eq!(thread::scope(|scope| scope.spawn(|| kind(client.nothing())).join().unwrap()), Disconnected);
    assert_eq!(other.nothing(), Ok(()));
}

fn calls_on_all_objects_are_disconnected(world: &World) {
    let client = world.client();
    let (counter, adder, root) = (client.counter().unwrap(), client.adder(1).unwrap(), client.root().unwrap());
    (client.cut)();
    crate::until("the loss is noticed", || !client.connection.is_connected());
    assert_eq!(kind(counter.add(1)), Disconnected);
    assert_eq!(kind(counter.child().map(drop)), Disconnected);
    assert_eq!(kind(adder(1)), Disconnected);
    assert_eq!(kind(root.nothing()), Disconnected);
}

fn a_call_that_is_disconnected_never_ran(world: &World) {
    let (client, other) = (world.client(), world.client());
    (client.cut)();
    let kinds: Vec<_> = (0..100).map(|number| kind(client.note(number))).collect();
    // Until the loss is noticed a call may be interrupted; none was answered, and what is Disconnected never ran.
    let notes = other.notes().unwrap();
    for (number, kind) in (0..).zip(kinds) {
        assert!([Disconnected, Interrupted].contains(&kind), "{kind}");
        assert!(kind == Interrupted || !notes.contains(&number), "call {number} was {kind} and ran");
    }
}

/// The server is the one that calls: what it is told arrives here as the source of what its handler passes on.
fn a_stored_callback_of_a_gone_client_is_disconnected(world: &World) {
    let (client, other) = (world.client(), world.client());
    let tally = Tally::default();
    client.keep_step("step".into(), tally.step(Ok)).unwrap();
    client.keep("object".into(), tally.counter()).unwrap();
    (client.cut)();
    crate::until("the server is told", || other.losses(client.number) == Ok(1));
    for elsewhere in [false, true] {
        let of_step = other.call_kept("step".into(), 1, elsewhere).unwrap_err();
        let of_object = other.add_to_kept("object".into(), 1, elsewhere).unwrap_err();
        for error in [of_step, of_object] {
            assert_eq!(error.kind(), ipc_core::ExceptionKind::Remote, "{error}");
            assert_eq!(error.remote().map(ipc_core::Exception::kind), Some(Disconnected), "{error}");
        }
    }
    tally.until(0);
    assert_eq!(other.forget("step".into()), Ok(true));
    assert_eq!(other.forget("object".into()), Ok(true));
}

fn arguments_of_a_call_that_is_not_sent_are_dropped(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    (client.cut)();
    crate::until("the loss is noticed", || !client.connection.is_connected());
    assert_eq!(kind(client.down(0, tally.step(Ok))), Disconnected);
    assert_eq!(kind(client.keep("object".into(), tally.counter())), Disconnected);
    tally.until(0);
}

fn connecting_to_a_dead_peer_fails(world: &World) {
    let client = world.client();
    world.peer().kill();
    let refused = world.peer().connect(ipc_core::Options::default()).map(|_| ());
    assert_eq!(kind(refused), Disconnected);
    drop(client);
}

fn a_call_in_flight_is_interrupted(world: &World) {
    let (client, control) = (world.client(), world.client());
    thread::scope(|scope| {
        let call = scope.spawn(|| client.wait_for("go".into()));
        control.until_blocked("go", 1);
        (client.cut)();
        let interrupted = call.join().unwrap().unwrap_err();
        assert_eq!(interrupted.kind(), Interrupted, "{interrupted}");
        assert_eq!(interrupted.method(), Some("wait_for"));
    });
    assert_eq!(kind(client.nothing()), Disconnected);
    control.happen("go".into()).unwrap();
}

fn a_call_that_ran_but_was_not_answered_is_interrupted(world: &World) {
    let control = world.client();
    for number in 0..10 {
        let client = world.client();
        assert_eq!(kind(client.note_and_close(number)), Interrupted);
        assert_eq!(kind(client.nothing()), Disconnected);
    }
    // Each ran once: who would call again would have it run twice.
    assert_eq!(control.notes(), Ok((0..10).collect()));
}

/// At a random moment, when some of them have no server thread yet.
fn the_first_calls_of_threads_are_interrupted(world: &World) {
    let control = world.client();
    for _ in 0..20 {
        let client = world.client();
        let (started, cut_after) = (AtomicU64::new(0), 1 + world.random() % 8);
        thread::scope(|scope| {
            let calls: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        started.fetch_add(1, Ordering::SeqCst);
                        client.hold_local(None)
                    })
                })
                .collect();
            crate::until("the moment", || started.load(Ordering::SeqCst) >= cut_after);
            (client.cut)();
            for call in calls {
                let ended = call.join().unwrap();
                assert!(ended.is_ok() || [Disconnected, Interrupted].contains(&kind(ended.clone())), "{ended:?}");
            }
        });
        crate::until("the server's end of the connection is gone", || control.held(client.number) == Ok(None));
    }
    crate::until("the server threads end", || control.live_locals() == Ok(0));
}

/// The call was sent and has not begun: the thread that it is for runs another one, which its caller gave up.
fn a_call_that_waits_for_a_busy_thread_is_interrupted(world: &World) {
    let (client, control) = (world.client(), world.client());
    let tally = Tally::default();
    let (waiting, waits) = mpsc::channel();
    let calling = {
        let (lab, tally) = (client.lab.clone(), tally.clone());
        step(move |_| {
            let given_up = deadline(SHORT, || lab.wait_for("go".into()));
            waiting.send(given_up.map_err(|error| error.kind())).map_err(|_| own("nobody is told"))?;
            lab.keep_step("late".into(), tally.step(Ok)).map(|()| 0)
        })
    };
    thread::scope(|scope| {
        let call = scope.spawn(|| client.down(0, calling));
        assert_eq!(waits.recv(), Ok(Err(DeadlineExceeded)));
        // A transport may give the caller another thread at once; then the call does not wait.
        crate::until("both calls wait", || client.held_here().calls == 2 || call.is_finished());
        (client.cut)();
        let ended = call.join().unwrap();
        assert!(ended == Ok(0) || ended.as_ref().is_err_and(|ended| ended.kind() == Interrupted), "{ended:?}");
    });
    tally.until(0);
    control.happen("go".into()).unwrap();
    control.until_blocked("go", 0);
    // Whether it still ran does not matter; the server is well.
    control.forget("late".into()).unwrap();
    assert_eq!(control.down(1, step(Ok)), Ok(1));
}

fn all_threads_are_interrupted_each_once(world: &World) {
    let (client, control) = (world.client(), world.client());
    thread::scope(|scope| {
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(|| client.wait_for("go".into()))).collect();
        control.until_blocked("go", 8);
        (client.cut)();
        for call in calls {
            assert_eq!(kind(call.join().unwrap()), Interrupted);
        }
    });
    control.happen("go".into()).unwrap();
    control.until_blocked("go", 0);
}

fn nested_calls_are_interrupted_from_the_inside_out(world: &World) {
    const DEPTH: u32 = 8;
    let (client, control) = (world.client(), world.client());
    let ends = Arc::new(Mutex::new(Vec::new()));
    let lab = client.lab.clone();
    let nested = {
        let ends = ends.clone();
        super::ends::nesting(move |depth, deeper| {
            let outcome = match deeper {
                Some(step) => lab.down(depth - 1, step),
                None => lab.wait_for("go".into()).map(|()| 0),
            };
            let kind = outcome.as_ref().map_err(|error| error.kind()).err();
            ends.lock().unwrap().push((depth, kind));
            outcome
        })
    };
    thread::scope(|scope| {
        let outermost = scope.spawn(|| client.down(DEPTH, nested));
        control.until_blocked("go", 1);
        assert!(ends.lock().unwrap().is_empty());
        (client.cut)();
        assert_eq!(kind(outermost.join().unwrap()), Interrupted);
    });
    // Each once, the innermost first.
    let expected: Vec<_> = (0..=DEPTH).map(|depth| (depth, Some(Interrupted))).collect();
    assert_eq!(*ends.lock().unwrap(), expected);
    control.happen("go".into()).unwrap();
}

fn a_handler_that_waits_for_a_callback_is_interrupted(world: &World) {
    let (client, control) = (world.client(), world.client());
    let (called, calls) = mpsc::channel();
    let (go_on, going) = mpsc::channel::<()>();
    let (called, going) = (Mutex::new(called), Mutex::new(going));
    let blocking = step(move |n| {
        called.lock().unwrap().send(()).map_err(|_| own("nobody is told"))?;
        let _ = going.lock().unwrap().recv();
        Ok(n)
    });
    control.happen("event".into()).unwrap();
    thread::scope(|scope| {
        let call = scope.spawn(|| client.wait_then_call("event".into(), blocking));
        calls.recv().unwrap();
        (client.cut)();
        // The server's wait ends at once, while the callback still runs here.
        assert_eq!(control.outcome("event".into()), Ok("Interrupted".into()));
        drop(go_on);
        assert_eq!(kind(call.join().unwrap()), Interrupted);
    });
}

fn disconnect_handlers_run_once(world: &World) {
    let client = world.client();
    let (told, tells) = mpsc::channel();
    for n in 0..3 {
        let told = told.clone();
        client.connection.on_disconnect(move |why| told.send((n, why.kind())).unwrap());
    }
    drop(told);
    (client.cut)();
    (client.cut)();
    let _ = client.connection.close(Duration::ZERO);
    // It ends when all three are dropped.
    let mut all: Vec<_> = tells.into_iter().collect();
    all.sort_by_key(|(n, _)| *n);
    assert_eq!(all, [0, 1, 2].map(|n| (n, Disconnected)));
}

fn disconnect_handlers_run_outside_all_locks(world: &World) {
    let (client, other) = (world.client(), world.client());
    let (told, tells) = mpsc::channel();
    let lock = Arc::new(Mutex::new(()));
    let counter = client.counter().unwrap();
    let handler = {
        let (connection, lab, others, lock) =
            (client.connection.clone(), client.lab.clone(), other.lab.clone(), lock.clone());
        move |_: &ipc_core::Exception| {
            // A handler may do all that anybody else may.
            let _held = lock.lock().unwrap();
            let (inner, inners) = mpsc::channel();
            connection.on_disconnect(move |_| inner.send(()).unwrap());
            inners.recv().unwrap();
            drop(counter);
            let _ = connection.close(Duration::ZERO);
            let outcome = (kind(lab.nothing()), others.down(1, step(Ok)), connection.is_connected());
            told.send((outcome, connection.usage().calls)).unwrap();
        }
    };
    client.connection.on_disconnect(handler);
    thread::scope(|scope| {
        // Somebody waits for a reply, and holds the lock that the handler takes.
        let waiting = scope.spawn(|| {
            let _held = lock.lock().unwrap();
            client.wait_for("go".into())
        });
        other.until_blocked("go", 1);
        (client.cut)();
        assert_eq!(kind(waiting.join().unwrap()), Interrupted);
    });
    assert_eq!(tells.recv(), Ok(((Disconnected, Ok(1), false), 0)));
    other.happen("go".into()).unwrap();
}

fn a_handler_that_comes_late_runs_now(world: &World) {
    let client = world.client();
    (client.cut)();
    crate::until("the loss is noticed", || !client.connection.is_connected());
    let before_and_after = Arc::new(AtomicU64::new(0));
    for n in 1..=3 {
        let ran = before_and_after.clone();
        client.connection.on_disconnect(move |_| {
            ran.fetch_add(1, Ordering::SeqCst);
        });
        // Not soon, but before this came back.
        assert_eq!(before_and_after.load(Ordering::SeqCst), n);
    }
}

fn a_handler_that_panics_harms_nobody(world: &World) {
    let (client, other) = (world.client(), world.client());
    let (told, tells) = mpsc::channel();
    client.connection.on_disconnect(|_| std::panic::resume_unwind(Box::new("in a handler")));
    client.connection.on_disconnect(move |_| told.send(()).unwrap());
    (client.cut)();
    tells.recv().unwrap();
    assert_eq!(other.nothing(), Ok(()));
    drop(client);
    other.until_live(0);
}

fn the_server_is_told_once(world: &World) {
    let (client, control) = (world.client(), world.client());
    assert_eq!(control.losses(client.number), Ok(0));
    let counter = client.counter().unwrap();
    (client.cut)();
    crate::until("the server is told", || control.losses(client.number) == Ok(1));
    control.until_live(0);
    drop(counter);
    assert_eq!(control.losses(client.number), Ok(1));
    assert_eq!(control.held(client.number), Ok(None));
}

fn wait_returns(world: &World) {
    let client = world.client();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| client.connection.wait());
        assert_eq!(client.nothing(), Ok(()));
        assert!(!waiting.is_finished());
        (client.cut)();
        waiting.join().unwrap();
    });
    client.connection.wait();
}
