//! F6: deadlines, of peers that are well.

use std::{
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use ipc_core::{
    ExceptionKind::{DeadlineExceeded, Overloaded, Remote},
    deadline,
};

use crate::{
    case::{Case, cases},
    cases::tools::{Tally, kind, own, step},
    wait::until_equal,
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    F6 ALL a_deadline_ends_a_call;
    F6 ALL a_deadline_does_not_end_too_early;
    F6 ALL a_deadline_that_has_passed_ends_at_once;
    F6 ALL calls_in_time_are_not_harmed;
    F6 ALL deadlines_go_with_calls;
    F6 ALL the_next_call_gets_a_new_thread;
    F6 ALL late_calls_back_are_cancelled;
    F6 ALL the_abandoned_thread_counts_until_its_handler_returns;
    F6 ALL nested_calls_inherit_the_deadline;
    F6 ALL a_callbacks_own_deadline_ends_only_its_calls;
    F6 ALL other_threads_have_deadlines_of_their_own;
    F6 ALL a_call_given_up_ends_no_other;
    F6 ALL objects_of_a_call_given_up_are_released;
    F6 ALL a_call_is_given_up_before_it_starts;
    F6 ALL many_calls_are_given_up;
};

const SHORT: Duration = Duration::from_millis(50);

fn a_deadline_ends_a_call(world: &World) {
    let client = world.client();
    let ended = deadline(SHORT, || client.wait_for("go".into())).unwrap_err();
    assert_eq!(ended.kind(), DeadlineExceeded, "{ended}");
    assert_eq!(ended.method(), Some("wait_for"));
    assert_eq!(client.nothing(), Ok(()));
    client.happen("go".into()).unwrap();
    client.until_blocked("go", 0);
}

fn a_deadline_does_not_end_too_early(world: &World) {
    let client = world.client();
    let started = Instant::now();
    assert_eq!(kind(deadline(SHORT * 4, || client.wait_for("go".into()))), DeadlineExceeded);
    assert!(started.elapsed() >= SHORT * 4);
    client.happen("go".into()).unwrap();
}

fn a_deadline_that_has_passed_ends_at_once(world: &World) {
    let client = world.client();
    for _ in 0..10 {
        assert_eq!(kind(deadline(Duration::ZERO, || client.wait_for("go".into()))), DeadlineExceeded);
    }
    client.happen("go".into()).unwrap();
    assert_eq!(client.nothing(), Ok(()));
}

fn calls_in_time_are_not_harmed(world: &World) {
    let client = world.client();
    let thread = client.thread().unwrap();
    deadline(Duration::from_secs(50), || {
        for n in 0..100 {
            assert_eq!(client.add_now(n, 1), Ok(n + 1));
            assert_eq!(client.down(n, step(Ok)), Ok(n));
        }
        // Where the wire carries it, the handler has it too.
        if let Some(left) = client.deadline().unwrap() {
            assert!(left <= 50_000, "{left}");
        }
    });
    assert_eq!(client.deadline(), Ok(None));
    assert_eq!(client.thread(), Ok(thread));
}

/// Also with those of a callback, on a thread that has one already.
fn deadlines_go_with_calls(world: &World) {
    let client = world.client();
    deadline(Duration::from_secs(50), || {
        // Not every wire carries them.
        let Some(left) = client.deadline().unwrap() else { return };
        assert!(left <= 50_000, "{left}");
        let lab = client.lab.clone();
        let hurried = step(move |_| {
            let left = deadline(Duration::from_secs(10), || lab.deadline())?;
            Ok(left.map_or(u32::MAX, |left| left as u32))
        });
        let left = client.down(0, hurried).unwrap();
        assert!(left <= 10_000, "{left}");
        let left = client.deadline().unwrap();
        assert!(left.is_some_and(|left| left <= 50_000), "{left:?}");
    });
    assert_eq!(client.deadline(), Ok(None));
}

fn the_next_call_gets_a_new_thread(world: &World) {
    let client = world.client();
    let before = client.thread().unwrap();
    client.set_local(7).unwrap();
    assert_eq!(kind(deadline(SHORT, || client.wait_for("go".into()))), DeadlineExceeded);
    let after = client.thread().unwrap();
    assert_ne!(after.number, before.number);
    assert_eq!(client.set_local(8), Ok(0));
    for _ in 0..10 {
        assert_eq!(client.thread(), Ok(after.clone()));
    }
    client.happen("go".into()).unwrap();
    crate::until("the abandoned thread ends", || client.held_there().server_threads == 1);
    assert_eq!(client.thread(), Ok(after));
}

fn late_calls_back_are_cancelled(world: &World) {
    let client = world.client();
    let ran = Arc::new(Mutex::new(0));
    let late = {
        let ran = ran.clone();
        step(move |n| {
            *ran.lock().unwrap() += 1;
            Ok(n)
        })
    };
    assert_eq!(kind(deadline(SHORT, || client.wait_then_call("go".into(), late))), DeadlineExceeded);
    client.happen("go".into()).unwrap();
    // While this waits, on the very thread that gave the call up.
    assert_eq!(client.outcome("go".into()), Ok("Cancelled".into()));
    assert_eq!(*ran.lock().unwrap(), 0);
}

fn the_abandoned_thread_counts_until_its_handler_returns(world: &World) {
    world.limit_server(|limits| limits.server_threads = 2);
    let (client, control) = (world.client(), world.client());
    assert_eq!(kind(deadline(SHORT, || client.wait_for("go".into()))), DeadlineExceeded);
    assert_eq!(client.nothing(), Ok(()));
    // One is abandoned, one serves this thread.
    assert_eq!(client.held_there().server_threads, 2);
    let other = || thread::scope(|scope| scope.spawn(|| client.nothing()).join().unwrap());
    assert_eq!(kind(other()), Overloaded);
    control.happen("go".into()).unwrap();
    crate::until("there is room for another thread", || other().is_ok());
}

fn nested_calls_inherit_the_deadline(world: &World) {
    let client = world.client();
    let inner = Arc::new(Mutex::new(Vec::new()));
    let nested = {
        let (lab, inner) = (client.lab.clone(), inner.clone());
        super::ends::nesting(move |depth, deeper| {
            let outcome = match deeper {
                Some(step) => lab.down(depth - 1, step),
                None => lab.wait_for("go".into()).map(|()| 0),
            };
            inner.lock().unwrap().push(outcome.as_ref().map_err(|error| error.kind()).err());
            outcome
        })
    };
    let outer = deadline(SHORT, || client.down(3, nested));
    // The innermost wait ends by it; outer ones may still get the answer that this causes.
    let inner = inner.lock().unwrap().clone();
    assert_eq!(inner.first(), Some(&Some(DeadlineExceeded)), "{inner:?}");
    assert!([DeadlineExceeded, Remote].contains(&kind(outer)));
    client.happen("go".into()).unwrap();
    client.until_blocked("go", 0);
    assert_eq!(client.down(1, step(Ok)), Ok(1));
}

fn a_callbacks_own_deadline_ends_only_its_calls(world: &World) {
    let client = world.client();
    let thread = client.thread().unwrap();
    let lab = client.lab.clone();
    let (ended, end) = mpsc::channel();
    let impatient = step(move |n| {
        let outcome = deadline(SHORT, || lab.wait_for("go".into()));
        ended.send(outcome.map_err(|error| error.kind())).map_err(|_| own("nobody is told"))?;
        // The wait that is this callback's caller's goes on.
        lab.add_now(n, 1)
    });
    thread::scope(|scope| {
        // The call that was given up blocks the thread that serves this one, until somebody else lets it go on.
        let client = &client;
        let helper = scope.spawn(move || {
            assert_eq!(end.recv(), Ok(Err(DeadlineExceeded)));
            client.happen("go".into())
        });
        assert_eq!(client.down(7, impatient), Ok(8));
        helper.join().unwrap().unwrap();
    });
    assert_eq!(client.down(1, step(Ok)), Ok(1));
    assert_eq!(client.thread().unwrap().pid, thread.pid);
}

fn other_threads_have_deadlines_of_their_own(world: &World) {
    let client = world.client();
    thread::scope(|scope| {
        let patient = scope.spawn(|| client.wait_for("go".into()));
        client.until_blocked("go", 1);
        for _ in 0..3 {
            assert_eq!(kind(deadline(SHORT, || client.wait_for("go".into()))), DeadlineExceeded);
        }
        assert!(!patient.is_finished());
        client.happen("go".into()).unwrap();
        assert_eq!(patient.join().unwrap(), Ok(()));
    });
}

/// Neither its cancellation nor its late answer is another call's.
fn a_call_given_up_ends_no_other(world: &World) {
    let client = world.client();
    thread::scope(|scope| {
        let patient: Vec<_> = (0..3).map(|_| scope.spawn(|| client.wait_for("patience".into()))).collect();
        client.until_blocked("patience", 3);
        for round in 0..3 {
            let (event, after) = (format!("go {round}"), format!("next {round}"));
            assert_eq!(kind(deadline(SHORT, || client.wait_for(event.clone()))), DeadlineExceeded);
            let next = scope.spawn({
                let (lab, after) = (client.lab.clone(), after.clone());
                move || lab.reply_when(after, 70 + round).map(|late| late.number.number)
            });
            client.until_blocked(&after, 1);
            client.happen(event.clone()).unwrap();
            client.until_blocked(&event, 0);
            // Its answer has come by now, if it came at all.
            for n in 0..10 {
                assert_eq!(client.down(n, step(Ok)), Ok(n));
            }
            assert!(!next.is_finished() && patient.iter().all(|call| !call.is_finished()));
            client.happen(after).unwrap();
            assert_eq!(next.join().unwrap(), Ok(70 + round));
        }
        client.happen("patience".into()).unwrap();
        patient.into_iter().for_each(|call| assert_eq!(call.join().unwrap(), Ok(())));
    });
}

fn objects_of_a_call_given_up_are_released(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    assert_eq!(kind(deadline(SHORT, || client.wait_then_call("go".into(), tally.step(Ok)))), DeadlineExceeded);
    client.happen("go".into()).unwrap();
    assert_eq!(client.outcome("go".into()), Ok("Cancelled".into()));
    tally.until(0);
    // A result that comes too late is released too.
    let making = step({
        let lab = client.lab.clone();
        move |n| lab.counter().map(|_| n)
    });
    let _ = deadline(Duration::from_micros(1 + world.random() % 500), || client.counter().map(drop));
    let _ = deadline(Duration::from_micros(1 + world.random() % 500), || client.down(1, making));
    client.until_live(0);
}

/// The thread that it is for runs another call, which was given up as well.
fn a_call_is_given_up_before_it_starts(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    let (ended, end) = mpsc::channel();
    let impatient = {
        let (lab, tally) = (client.lab.clone(), tally.clone());
        step(move |n| {
            let running = deadline(SHORT, || lab.wait_for("go".into()));
            let waiting = deadline(SHORT, || lab.keep_step("late".into(), tally.step(Ok)));
            ended.send([running, waiting].map(|call| kind(call))).map_err(|_| own("nobody is told"))?;
            Ok(n)
        })
    };
    thread::scope(|scope| {
        let client = &client;
        let helper = scope.spawn(move || {
            // The object of the call that has not begun is still on its way.
            assert_eq!(end.recv(), Ok([DeadlineExceeded; 2]));
            client.happen("go".into())
        });
        assert_eq!(client.down(7, impatient), Ok(7));
        helper.join().unwrap().unwrap();
    });
    assert_eq!(client.down(1, step(Ok)), Ok(1));
    // Whether it still ran does not matter: nobody holds its object in the end.
    crate::until("the object of the call is dropped", || {
        client.forget("late".into()).unwrap();
        tally.live() == 0
    });
}

fn many_calls_are_given_up(world: &World) {
    let client = world.client();
    let before = client.settled();
    thread::scope(|scope| {
        for _ in 0..4 {
            let delays: Vec<_> = (0..50).map(|_| Duration::from_micros(world.random() % 1000)).collect();
            let client = &client;
            scope.spawn(move || {
                for delay in delays {
                    let lab = client.lab.clone();
                    let outcome = deadline(delay, || client.down(5, step(move |n| lab.add_now(n, 1))));
                    // It was in time, or somebody on the way was not.
                    assert!(
                        outcome.as_ref().is_ok_and(|n| *n == 6)
                            || outcome.as_ref().is_err_and(|e| [DeadlineExceeded, Remote].contains(&e.kind())),
                        "{outcome:?}"
                    );
                }
            });
        }
    });
    assert_eq!(client.down(1, step(Ok)), Ok(1));
    until_equal("what both sides hold", before, || client.held_by_both());
}
