//! What holds instead where calls run on the caller's own thread: the contract's weaker clauses, for those cases that need
//! a thread between caller and handler. All other cases run as they are.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use ipc_core::{
    ExceptionKind::{DeadlineExceeded, Disconnected, Interrupted, Remote},
    deadline,
    transport::StillRunning,
};

use crate::{
    interfaces::{Step, Tell},
    server::this_thread,
    world::World,
};

/// What holds instead of the case of that name.
pub(crate) fn weaker(case: &str) -> Option<fn(&World)> {
    WEAKER.iter().find(|(name, _)| *name == case).map(|(_, run)| *run)
}

type Weaker = (&'static str, fn(&World));

const WEAKER: &[Weaker] = &[
    ("each_connection_has_threads_of_its_own", calls_run_on_the_callers_thread),
    ("different_threads_are_served_by_different_ones", calls_run_on_the_callers_thread),
    ("another_thread_of_the_peer_gets_a_thread_of_its_own", a_thread_of_the_peer_runs_its_callbacks_itself),
    ("each_thread_of_the_peer_has_its_own", a_thread_of_the_peer_runs_its_callbacks_itself),
    ("a_server_thread_ends_with_its_client_thread", there_are_no_server_threads),
    ("past_the_limit_is_overloaded", no_limit_on_threads_is_reached),
    ("what_has_a_thread_is_not_harmed", no_limit_on_threads_is_reached),
    ("server_threads_end", there_are_no_server_threads),
    ("threads_of_ours_that_stand_for_the_peers_end", there_are_no_server_threads),
    ("a_deadline_ends_the_wait", a_destructor_runs_to_its_end),
    ("five_seconds_end_the_wait", a_destructor_runs_to_its_end),
    ("thread_local_teardown_does_not_wait", a_destructor_runs_to_its_end),
    ("the_next_call_gets_a_new_thread", the_next_call_runs_as_any_other),
    ("late_calls_back_are_cancelled", a_call_back_before_the_end_is_served),
    ("the_abandoned_thread_counts_until_its_handler_returns", the_next_call_runs_as_any_other),
    ("close_reports_the_threads_that_still_run", close_reports_callers_that_still_run),
    ("close_joins_all_threads", there_are_no_server_threads),
    ("a_handler_that_waits_for_a_callback_is_interrupted", a_loss_is_told_when_the_handler_has_ended),
    ("objects_of_a_call_given_up_are_released", objects_of_late_calls_are_released),
    ("a_call_is_given_up_before_it_starts", objects_of_late_calls_are_released),
    ("exited_after_a_call_was_sent", calls_to_a_frozen_peer_do_not_begin),
    ("closed_by_the_server_after_a_call_was_sent", calls_to_a_frozen_peer_do_not_begin),
    ("stopped_after_a_call_was_sent", calls_to_a_frozen_peer_do_not_begin),
    ("paused_after_a_call_was_sent", calls_to_a_frozen_peer_do_not_begin),
    ("stopped_in_the_handler", calls_to_a_frozen_peer_do_not_begin),
    ("stopped_in_a_callback", calls_to_a_frozen_peer_do_not_begin),
    ("stopped_at_depth_16", calls_to_a_frozen_peer_do_not_begin),
    ("a_deadline_ends_calls_to_a_stopped_peer", calls_to_a_frozen_peer_do_not_begin),
    ("a_stopped_peer_is_killed", calls_to_a_frozen_peer_do_not_begin),
    ("what_waits_to_be_written_is_bounded", calls_to_a_frozen_peer_do_not_begin),
    ("a_call_without_deadline_waits_until_the_peer_reads", calls_to_a_frozen_peer_do_not_begin),
    ("back_pressure_ends_with_the_peer", calls_to_a_frozen_peer_do_not_begin),
    ("killed_after_a_call_was_sent", calls_to_a_frozen_peer_do_not_begin),
    ("cut_after_a_call_was_sent", calls_to_a_frozen_peer_do_not_begin),
    ("killed_in_the_middle_of_large_messages", calls_to_a_frozen_peer_do_not_begin),
    ("a_handler_is_told_that_its_call_was_given_up", a_handler_is_not_told_of_a_deadline),
    ("who_asks_late_is_told_at_once", a_handler_is_not_told_of_a_deadline),
    // There is no middle: a message is there or not.
    ("cut_in_the_middle_of_large_messages", a_loss_is_told_when_the_handler_has_ended),
    ("close_with_a_stopped_peer", calls_to_a_frozen_peer_do_not_begin),
];

/// T1, T6: with its thread-locals, under its name.
fn calls_run_on_the_callers_thread(world: &World) {
    let (one, other) = (world.client(), world.client());
    for client in [&one, &other] {
        assert_eq!(client.thread(), Ok(this_thread()));
    }
    assert_eq!(one.set_local(7), Ok(0));
    assert_eq!(other.set_local(8), Ok(7));
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(one.thread(), Ok(this_thread()));
            assert_eq!(one.set_local(1), Ok(0));
        });
    });
}

/// T3: there is no thread that stands for it.
fn a_thread_of_the_peer_runs_its_callbacks_itself(world: &World) {
    let client = world.client();
    let me = this_thread().number;
    let asking: Step = Arc::new(move |n| {
        assert_ne!(this_thread().number, me);
        assert_eq!(this_thread().name, "elsewhere");
        Ok(n)
    });
    assert_eq!(client.down_elsewhere("elsewhere".into(), 2, 20, asking), Ok(40));
    assert_eq!(client.held_here().server_threads, 0);
}

/// T5, F4: so none is left.
fn there_are_no_server_threads(world: &World) {
    let client = world.client();
    let ends = || {
        let held = client.hold_local(None);
        assert_eq!((client.held_there().server_threads, client.held_here().server_threads), (0, 0));
        held
    };
    // The thread-local is this thread's, and goes with it.
    thread::scope(|scope| scope.spawn(ends).join().unwrap().unwrap());
    assert_eq!(client.live_locals(), Ok(0));
}

/// T7: there is none to reach.
fn no_limit_on_threads_is_reached(world: &World) {
    world.limit_server(|limits| limits.server_threads = 1);
    let client = world.client();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                client.meet("all".into(), 8).unwrap();
                assert_eq!(client.held_there().server_threads, 0);
            });
        }
    });
}

/// O6: on this thread, whatever the deadline.
fn a_destructor_runs_to_its_end(world: &World) {
    let client = world.client();
    let dropped = Arc::new(AtomicU64::new(0));
    let tell: Tell = {
        let dropped = dropped.clone();
        Arc::new(move |thread| {
            dropped.store(thread, Ordering::SeqCst);
            Ok(())
        })
    };
    // The server's destructor waits for an event, here until the deadline passes.
    let owned = client.owned("go".into(), tell).unwrap();
    let patience = Duration::from_millis(50);
    let started = Instant::now();
    deadline(patience, || drop(owned));
    assert!(started.elapsed() >= patience);
    assert_eq!(client.live(), Ok(0));
}

/// F6: the deadline is found out about at the end of the handler, and leaves nothing behind.
fn the_next_call_runs_as_any_other(world: &World) {
    world.limit_server(|limits| limits.server_threads = 1);
    let client = world.client();
    client.set_local(7).unwrap();
    let patience = Duration::from_millis(50);
    for _ in 0..3 {
        let started = Instant::now();
        let ended = deadline(patience, || client.wait_for("go".into())).unwrap_err();
        assert_eq!(ended.kind(), DeadlineExceeded);
        assert!(started.elapsed() >= patience);
    }
    assert_eq!(client.blocked("go".into()), Ok(0));
    assert_eq!(client.set_local(8), Ok(7));
    assert_eq!(client.thread(), Ok(this_thread()));
}

/// F6: its caller is here still.
fn a_call_back_before_the_end_is_served(world: &World) {
    let client = world.client();
    let ran = Arc::new(AtomicU64::new(0));
    let late: Step = {
        let ran = ran.clone();
        Arc::new(move |n| {
            ran.fetch_add(1, Ordering::SeqCst);
            Ok(n)
        })
    };
    let again = late.clone();
    let ended = deadline(Duration::from_millis(50), || client.wait_then_call("go".into(), late)).unwrap_err();
    assert_eq!(ended.kind(), DeadlineExceeded);
    // The handler's call back was made when the deadline had passed: that call did not begin.
    assert_eq!(client.outcome("go".into()), Ok("DeadlineExceeded".into()));
    assert_eq!(ran.load(Ordering::SeqCst), 0);
    // One that is in time is served, though its caller's result comes too late.
    let slow: Step = Arc::new(move |n| {
        let n = again(n)?;
        outlast_the_deadline();
        Ok(n)
    });
    let ended = deadline(Duration::from_millis(50), || client.down(1, slow)).unwrap_err();
    assert!([DeadlineExceeded, Remote].contains(&ended.kind()), "{ended}");
    assert_eq!(ran.load(Ordering::SeqCst), 1);
}

/// Returns when the deadline has passed that the handler has from its caller.
fn outlast_the_deadline() {
    crate::until("the deadline has passed", || deadline::current().is_some_and(|at| at <= Instant::now()));
}

/// F2: and until then nobody is left alone.
fn a_loss_is_told_when_the_handler_has_ended(world: &World) {
    let client = world.client();
    let (cut, ran) = (client.cut.clone(), Arc::new(AtomicU64::new(0)));
    let cutting: Step = {
        let ran = ran.clone();
        Arc::new(move |n| {
            cut();
            ran.fetch_add(1, Ordering::SeqCst);
            Ok(n)
        })
    };
    assert_eq!(client.down(1, cutting).unwrap_err().kind(), Interrupted);
    assert_eq!(ran.load(Ordering::SeqCst), 1);
    assert_eq!(client.nothing().unwrap_err().kind(), Disconnected);
}

/// F11: its caller is here still.
fn a_handler_is_not_told_of_a_deadline(world: &World) {
    let client = world.client();
    let ended = deadline(Duration::from_millis(50), || client.wait_until_gone("told".into(), None)).unwrap_err();
    assert_eq!(ended.kind(), DeadlineExceeded);
    assert_eq!(client.outcome("told".into()), Ok("not gone".into()));
}

/// F6: of arguments and of results that nobody takes.
fn objects_of_late_calls_are_released(world: &World) {
    let client = world.client();
    let held = Arc::new(());
    let slow: Step = {
        let (lab, held) = (client.lab.clone(), held.clone());
        Arc::new(move |n| {
            let _captured = &held;
            let counter = lab.counter()?;
            outlast_the_deadline();
            drop(counter);
            Ok(n)
        })
    };
    let ended = deadline(Duration::from_millis(50), || client.down(1, slow)).unwrap_err();
    assert!([DeadlineExceeded, Remote].contains(&ended.kind()), "{ended}");
    crate::until("the argument is released", || Arc::strong_count(&held) == 1);
    assert_eq!(deadline(Duration::ZERO, || client.counter().map(drop)).unwrap_err().kind(), DeadlineExceeded);
    client.until_live(0);
}

/// F6, F7: they wait, at most until their deadline; nothing is queued.
fn calls_to_a_frozen_peer_do_not_begin(world: &World) {
    let client = world.client();
    let ended = || deadline(Duration::from_millis(50), || client.note(1)).unwrap_err().kind();
    let waiting = |end: fn(&World), expected: Option<ipc_core::ExceptionKind>| {
        world.peer().stop();
        assert_eq!(ended(), DeadlineExceeded);
        thread::scope(|scope| {
            let call = scope.spawn(|| client.length(vec![1; 1 << 20]));
            assert_eq!(ended(), DeadlineExceeded);
            let held = client.held_here();
            assert_eq!((held.calls, held.output_bytes), (0, 0));
            assert!(!call.is_finished());
            end(world);
            assert_eq!(call.join().unwrap().err().map(|error| error.kind()), expected);
        });
    };
    waiting(|world| world.peer().go_on(), None);
    assert_eq!(client.notes(), Ok(Vec::new()));
    waiting(|world| world.peer().kill(), Some(Disconnected));
}

/// F9.
fn close_reports_callers_that_still_run(world: &World) {
    let (client, control) = (world.client(), world.client());
    let (started, starts) = std::sync::mpsc::channel();
    let (go_on, going) = std::sync::mpsc::channel::<()>();
    let (started, going) = (std::sync::Mutex::new(started), std::sync::Mutex::new(going));
    let holding: Step = Arc::new(move |n| {
        started.lock().unwrap().send(()).unwrap();
        // Held until the sender is gone.
        let _ = going.lock().unwrap().recv();
        Ok(n)
    });
    thread::scope(|scope| {
        let call = scope.spawn(|| client.down(1, holding));
        starts.recv().unwrap();
        let still = control.close(client.number, 50).unwrap();
        assert_eq!(still, ["a caller's own thread"]);
        assert!(!StillRunning { threads: still }.to_string().is_empty());
        assert!(!call.is_finished());
        drop(go_on);
        assert!(call.join().unwrap().is_err());
    });
    assert_eq!(client.nothing().unwrap_err().kind(), Disconnected);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases;

    #[test]
    fn each_stands_for_a_case_that_there_is() {
        for (name, _) in WEAKER {
            assert!(cases::all().any(|case| case.name == *name), "there is no case {name}");
        }
    }
}
