//! F11: what handlers are told when nobody waits for them any more.

use std::{
    sync::{Mutex, mpsc},
    thread,
    time::Duration,
};

use ipc_core::{
    ExceptionKind::{DeadlineExceeded, Interrupted},
    caller, deadline,
};

use crate::{
    case::{Case, cases},
    cases::tools::{kind, own, step},
    interfaces::Step,
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    F11 ALL a_handler_is_told_that_its_client_is_gone;
    F11 ALL a_handler_is_told_that_its_call_was_given_up;
    F11 ALL who_asks_late_is_told_at_once;
    F11 ALL all_handlers_of_a_connection_are_told_and_no_others;
    F11 ALL a_callback_is_told_that_its_caller_is_gone;
    F11 PROCESSES a_callback_is_told_that_its_caller_was_killed;
    F11 ALL what_nobody_wants_to_know_any_more_is_not_told;
};

/// Time enough for a call to arrive.
const SHORT: Duration = Duration::from_millis(100);

fn told() -> ipc_core::Result<String> {
    Ok("gone".into())
}

fn a_handler_is_told_that_its_client_is_gone(world: &World) {
    let (client, control) = (world.client(), world.client());
    thread::scope(|scope| {
        let call = scope.spawn(|| client.wait_until_gone("told".into(), None));
        control.until_blocked("told", 1);
        (client.cut)();
        assert_eq!(kind(call.join().unwrap()), Interrupted);
    });
    assert_eq!(control.outcome("told".into()), told());
}

fn a_handler_is_told_that_its_call_was_given_up(world: &World) {
    let client = world.client();
    for name in ["first", "second", "third"] {
        let ended = deadline(SHORT, || client.wait_until_gone(name.into(), None));
        assert_eq!(kind(ended), DeadlineExceeded);
        assert_eq!(client.outcome(name.into()), told());
    }
    // Their threads have nothing to do any more.
    crate::until("the abandoned threads end", || client.held_there().server_threads == 1);
}

fn who_asks_late_is_told_at_once(world: &World) {
    let client = world.client();
    let ended = deadline(SHORT, || client.wait_until_gone("late".into(), Some("go".into())));
    assert_eq!(kind(ended), DeadlineExceeded);
    client.happen("go".into()).unwrap();
    assert_eq!(client.outcome("late".into()), told());
}

fn all_handlers_of_a_connection_are_told_and_no_others(world: &World) {
    let (client, other, control) = (world.client(), world.client(), world.client());
    thread::scope(|scope| {
        let mine: Vec<_> = (0..8)
            .map(|n| {
                (
                    n,
                    scope.spawn({
                        let client = &client;
                        move || client.wait_until_gone(format!("mine {n}"), None)
                    }),
                )
            })
            .collect();
        let others = scope.spawn(|| other.wait_until_gone("other".into(), None));
        (0..8).for_each(|n| control.until_blocked(&format!("mine {n}"), 1));
        control.until_blocked("other", 1);
        (client.cut)();
        for (n, call) in mine {
            assert_eq!(kind(call.join().unwrap()), Interrupted);
            assert_eq!(control.outcome(format!("mine {n}")), told());
        }
        assert_eq!(control.blocked("other".into()), Ok(1));
        (other.cut)();
        assert_eq!(kind(others.join().unwrap()), Interrupted);
        assert_eq!(control.outcome("other".into()), told());
    });
}

/// Waits until its caller is gone; tells when it begins.
fn outlasting() -> (Step, mpsc::Receiver<()>) {
    let (begun, begins) = mpsc::channel();
    let begun = Mutex::new(begun);
    let outlasting = step(move |n| {
        let (gone, goes) = mpsc::channel();
        let _woken = caller().on_gone(move || {
            let _ = gone.send(());
        });
        begun.lock().unwrap().send(()).map_err(|_| own("nobody is told"))?;
        goes.recv().map_err(|_| own("it is not told"))?;
        Ok(n)
    });
    (outlasting, begins)
}

fn a_callback_is_told_that_its_caller_is_gone(world: &World) {
    let client = world.client();
    let (outlasting, begins) = outlasting();
    thread::scope(|scope| {
        let call = scope.spawn(|| client.down(1, outlasting));
        begins.recv().unwrap();
        (client.cut)();
        assert_eq!(kind(call.join().unwrap()), Interrupted);
    });
}

fn a_callback_is_told_that_its_caller_was_killed(world: &World) {
    let client = world.client();
    let (outlasting, begins) = outlasting();
    thread::scope(|scope| {
        let call = scope.spawn(|| client.down(1, outlasting));
        begins.recv().unwrap();
        world.peer().kill();
        assert_eq!(kind(call.join().unwrap()), Interrupted);
    });
}

fn what_nobody_wants_to_know_any_more_is_not_told(world: &World) {
    let client = world.client();
    let (sent, sends) = mpsc::channel();
    let sent = Mutex::new(sent);
    let brief = step(move |n| {
        let (caller, sent) = (caller(), sent.lock().unwrap().clone());
        drop(caller.on_gone(move || sent.send(n).unwrap()));
        assert!(!caller.is_gone());
        Ok(n)
    });
    assert_eq!(client.down(1, brief), Ok(1));
    (client.cut)();
    crate::until("the loss is noticed", || !client.connection.is_connected());
    // Everything that could send is gone.
    assert_eq!(sends.recv(), Err(mpsc::RecvError));
}
