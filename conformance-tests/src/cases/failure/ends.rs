//! F5: each way in which a peer can end, at each point of a call.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use ipc_core::{
    Exception, ExceptionKind,
    ExceptionKind::{DeadlineExceeded, Disconnected, Interrupted},
    Result, deadline,
};

use crate::{
    case::{Case, cases},
    cases::tools::{Tally, kind, step},
    interfaces::Step,
    world::{Client, World},
};

pub(super) const CASES: &[Case] = cases! {
    F5 PROCESSES killed_before_a_call = |world| at_each(world, End::Killed, Point::Before);
    F5 PROCESSES killed_in_the_handler = |world| at_each(world, End::Killed, Point::Handler);
    F5 PROCESSES killed_in_a_callback = |world| at_each(world, End::Killed, Point::Callback(1));
    F5 PROCESSES killed_at_depth_16 = |world| at_each(world, End::Killed, Point::Callback(16));
    F5 PROCESSES killed_at_any_moment = |world| at_any_moment(world, End::Killed);
    F5 PROCESSES exited_before_a_call = |world| at_each(world, End::Exited, Point::Before);
    F5 PROCESSES exited_in_the_handler = |world| at_each(world, End::Exited, Point::Handler);
    F5 PROCESSES exited_in_a_callback = |world| at_each(world, End::Exited, Point::Callback(1));
    F5 PROCESSES exited_at_depth_16 = |world| at_each(world, End::Exited, Point::Callback(16));
    F5 ALL cut_before_a_call = |world| at_each(world, End::Cut, Point::Before);
    F5 ALL cut_in_the_handler = |world| at_each(world, End::Cut, Point::Handler);
    F5 ALL cut_in_a_callback = |world| at_each(world, End::Cut, Point::Callback(1));
    F5 ALL cut_at_depth_16 = |world| at_each(world, End::Cut, Point::Callback(16));
    F5 ALL cut_at_any_moment = |world| at_any_moment(world, End::Cut);
    F5 PROCESSES killed_after_a_call_was_sent = |world| at_each(world, End::Killed, Point::Sent);
    F5 PROCESSES cut_after_a_call_was_sent = |world| at_each(world, End::Cut, Point::Sent);
    F5 PROCESSES killed_at_each_depth = |world| at_each_depth(world, End::Killed);
    F5 PROCESSES exited_at_each_depth = |world| at_each_depth(world, End::Exited);
    F5 ALL cut_at_each_depth = |world| at_each_depth(world, End::Cut);
    F5 PROCESSES killed_in_the_middle_of_large_messages = |world| in_the_middle(world, End::Killed);
    F5 ALL cut_in_the_middle_of_large_messages = |world| in_the_middle(world, End::Cut);
    F5 ALL closed_by_the_server_in_the_handler = |world| at_each(world, End::Closed, Point::Handler);
    F5 ALL closed_by_the_server_in_a_callback = |world| at_each(world, End::Closed, Point::Callback(4));
    F5 PROCESSES stopped_before_a_call = |world| at_each(world, End::Stopped, Point::Before);
    F5 PROCESSES stopped_in_the_handler = |world| at_each(world, End::Stopped, Point::Handler);
    F5 PROCESSES stopped_in_a_callback = |world| at_each(world, End::Stopped, Point::Callback(1));
    F5 PROCESSES stopped_at_depth_16 = |world| at_each(world, End::Stopped, Point::Callback(16));
    F5 PROCESSES killed_before_the_reply = |world| at_each(world, End::Killed, Point::Reply);
    F5 PROCESSES exited_before_the_reply = |world| at_each(world, End::Exited, Point::Reply);
    F5 ALL cut_before_the_reply = |world| at_each(world, End::Cut, Point::Reply);
    F5 ALL closed_by_the_server_before_the_reply = |world| at_each(world, End::Closed, Point::Reply);
    F5 PROCESSES stopped_before_the_reply = |world| at_each(world, End::Stopped, Point::Reply);
    F5 ALL closed_by_the_server_before_a_call = |world| at_each(world, End::Closed, Point::Before);
    F5 ALL closed_by_the_server_at_each_depth = |world| at_each_depth(world, End::Closed);
    F5 PROCESSES exited_after_a_call_was_sent = |world| after_it_was_sent(world, End::Exited);
    F5 PROCESSES closed_by_the_server_after_a_call_was_sent = |world| after_it_was_sent(world, End::Closed);
    F5 PROCESSES stopped_after_a_call_was_sent = |world| at_each(world, End::Stopped, Point::Sent);
    F5 PROCESSES the_exit_status_is_in_the_exception;
    F5 PROCESSES a_handler_that_exits_interrupts_its_call;
};

/// Time enough for a call to be sent.
const SHORT: Duration = Duration::from_millis(100);

/// How the peer ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Killed,
    Exited,
    Cut,
    Closed,
    /// It does not end, but does nothing any more: a deadline ends the calls.
    Stopped,
}

/// Where the call is when the peer ends.
#[derive(Clone, Copy, Debug)]
enum Point {
    /// It was not made.
    Before,
    /// It was sent, and the peer, which is stopped, has not received it.
    Sent,
    /// Its handler runs.
    Handler,
    /// Its handler has ended, and nothing of its reply is sent.
    Reply,
    /// A callback of that depth runs, and the innermost of them calls.
    Callback(u32),
}

/// A step that nests: `run` gets the depth, and the step for the next depth unless that is the last.
pub(super) fn nesting(run: impl Fn(u32, Option<Step>) -> Result<u32> + Send + Sync + 'static) -> Step {
    fn at(run: Arc<dyn Fn(u32, Option<Step>) -> Result<u32> + Send + Sync>) -> Step {
        step(move |depth| run(depth, (depth > 0).then(|| at(run.clone()))))
    }
    at(Arc::new(run))
}

fn end(world: &World, client: &Client, control: &Client, how: End) {
    match how {
        End::Killed => world.peer().kill(),
        End::Exited => drop(control.exit(3)),
        End::Cut => (client.cut)(),
        End::Closed => drop(control.close(client.number, 0)),
        End::Stopped => world.peer().stop(),
    }
}

fn at_each(world: &World, how: End, point: Point) {
    let (client, control) = (world.client(), world.client());
    let tally = Tally::default();
    client.keep_step("kept".into(), tally.step(Ok)).unwrap();
    let (told, tells) = mpsc::channel();
    client.connection.on_disconnect(move |why| {
        // A case that ends without a loss has gone by now.
        let _ = told.send(why.kind());
    });
    thread::scope(|scope| {
        let call = match point {
            Point::Before => None,
            Point::Sent => {
                world.peer().stop();
                let call = scope.spawn(|| within(how, || client.wait_for("go".into())));
                crate::until("the call is about to be sent", || client.held_here().calls == 1);
                // By the time that another one has waited in vain, it is.
                assert_eq!(kind(deadline(SHORT, || client.add_now(1, 2))), DeadlineExceeded);
                Some(call)
            }
            Point::Handler => {
                let lab = client.lab.clone();
                let call = move || lab.wait_for("go".into());
                Some(scope.spawn(move || within(how, call)))
            }
            Point::Reply => {
                let lab = client.lab.clone();
                let call = move || lab.reply_when("go".into(), 7).map(drop);
                Some(scope.spawn(move || within(how, call)))
            }
            Point::Callback(depth) => {
                let lab = client.lab.clone();
                let nested = nesting(move |depth, deeper| match deeper {
                    Some(step) => lab.down(depth - 1, step),
                    None => lab.wait_for("go".into()).map(|()| 0),
                });
                let lab = client.lab.clone();
                Some(scope.spawn(move || within(how, || lab.down(depth, nested).map(drop))))
            }
        };
        if !matches!(point, Point::Before | Point::Sent) {
            control.until_blocked("go", 1);
        }
        end(world, &client, &control, how);
        if matches!((point, how), (Point::Sent, End::Cut)) {
            world.peer().go_on();
        }
        let expected = if how == End::Stopped { DeadlineExceeded } else { Interrupted };
        if let Some(call) = call {
            let ended = call.join().unwrap().unwrap_err();
            // It has not left this side if the machine is that slow.
            let unsent = ended.kind() == Disconnected && matches!(point, Point::Sent);
            assert!(ended.kind() == expected || unsent, "{ended}");
        }
    });
    if how == End::Stopped {
        assert_eq!(kind(within(how, || client.nothing())), DeadlineExceeded);
        world.peer().go_on();
        assert_eq!(client.down(1, step(Ok)), Ok(1));
        control.happen("go".into()).unwrap();
        return;
    }
    let after = kind(client.nothing());
    // Before it is noticed, a call may be on its way.
    assert!(after == Disconnected || after == Interrupted && matches!(point, Point::Before), "{after}");
    assert_eq!(tells.recv(), Ok(Disconnected));
    assert_eq!(kind(client.nothing()), Disconnected);
    tally.until(0);
    if matches!(how, End::Cut | End::Closed) {
        control.happen("go".into()).unwrap();
        control.until_blocked("go", 0);
        assert_eq!(world.client().down(1, step(Ok)), Ok(1));
    }
}

/// The peer is told to end, and then gets a call before it does: whether that began or not, it is not answered.
fn after_it_was_sent(world: &World, how: End) {
    let (client, control) = (world.client(), world.client());
    let tally = Tally::default();
    client.keep_step("kept".into(), tally.step(Ok)).unwrap();
    world.peer().stop();
    thread::scope(|scope| {
        let ends = scope.spawn(|| end(world, &client, &control, how));
        crate::until("it is about to be told", || control.held_here().calls == 1);
        let call = scope.spawn(|| client.wait_for("go".into()));
        crate::until("the call is about to be sent", || client.held_here().calls == 1);
        // By the time that another one has waited in vain, they are sent.
        assert_eq!(kind(deadline(SHORT, || client.add_now(1, 2))), DeadlineExceeded);
        world.peer().go_on();
        let ended = kind(call.join().unwrap());
        assert!([Disconnected, Interrupted].contains(&ended), "{ended}");
        ends.join().unwrap();
    });
    assert_eq!(kind(client.nothing()), Disconnected);
    tally.until(0);
    if how == End::Closed {
        control.happen("go".into()).unwrap();
        control.until_blocked("go", 0);
    }
}

/// Each time with a peer of its own.
fn at_each_depth(world: &World, how: End) {
    for depth in 1..=16 {
        at_each(&world.again(), how, Point::Callback(depth));
    }
}

/// Large messages go both ways, of which each takes several writes and reads.
fn in_the_middle(world: &World, how: End) {
    const LARGE: usize = 8 << 20;
    for _ in 0..4 {
        let world = world.again();
        let client = world.client();
        thread::scope(|scope| {
            let sending = scope.spawn(|| {
                loop {
                    if let Err(error) = client.length(vec![1; LARGE]) {
                        return error;
                    }
                }
            });
            let receiving = scope.spawn(|| {
                loop {
                    if let Err(error) = client.make_bytes(LARGE as u64) {
                        return error;
                    }
                }
            });
            for _ in 0..world.random() % 8 {
                crate::until("large messages are on their way", || client.held_here().calls > 1);
                thread::yield_now();
            }
            match how {
                End::Killed => world.peer().kill(),
                _ => (client.cut)(),
            }
            for ended in [sending.join().unwrap(), receiving.join().unwrap()] {
                assert!([Disconnected, Interrupted].contains(&ended.kind()), "{ended}");
            }
        });
        assert_eq!(kind(client.nothing()), Disconnected);
    }
}

/// Only a deadline ends calls to a peer that is stopped. Time enough for the call to arrive.
fn within<T>(how: End, call: impl FnOnce() -> T) -> T {
    if how == End::Stopped { deadline(Duration::from_secs(2), call) } else { call() }
}

/// Calls of all kinds run on several threads; at a random moment it ends. Nothing hangs, nothing is left.
fn at_any_moment(world: &World, how: End) {
    let rounds = if how == End::Cut { 20 } else { 1 };
    for _ in 0..rounds {
        let client = world.client();
        let tally = Tally::default();
        let progress = std::sync::atomic::AtomicU64::new(0);
        let moment = 5 + world.random() % 50;
        thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|n| {
                    let (client, tally, progress) = (&client, &tally, &progress);
                    scope.spawn(move || {
                        loop {
                            if let Err(error) = busy(client, tally, n) {
                                return error;
                            }
                            progress.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        }
                    })
                })
                .collect();
            crate::until("the moment", || progress.load(std::sync::atomic::Ordering::SeqCst) >= moment);
            match how {
                End::Killed => world.peer().kill(),
                _ => (client.cut)(),
            }
            for thread in threads {
                let error = thread.join().unwrap();
                assert!(gone(&error), "{error}");
            }
        });
        tally.until(0);
    }
    if how == End::Cut {
        world.client().until_live(0);
    }
}

/// Several calls in which callbacks and objects are on their way.
fn busy(client: &Client, tally: &Tally, n: u32) -> Result<()> {
    let lab = client.lab.clone();
    client.down(n, tally.step(move |n| lab.add_now(n, 1)))?;
    client.counter()?.child()?.add(1)?;
    client.same(tally.counter())?;
    client.bytes(vec![7; 100_000]).map(drop)
}

/// Whether the exception, or that of another side which it passes on, says that the connection is lost.
fn gone(error: &Exception) -> bool {
    match error.kind() {
        Disconnected | Interrupted => true,
        ExceptionKind::Remote => {
            error.to_string().contains("Disconnected") || error.to_string().contains("Interrupted")
        }
        _ => false,
    }
}

fn the_exit_status_is_in_the_exception(world: &World) {
    // The first connection is over the stream that the peer was spawned with.
    let client = world.client();
    let ended = client.exit(42).unwrap_err();
    assert_eq!(ended.kind(), Interrupted);
    assert!(ended.to_string().contains("42"), "{ended}");
    let after = client.nothing().unwrap_err();
    assert_eq!(after.kind(), Disconnected);
    assert!(after.to_string().contains("42"), "{after}");
}

fn a_handler_that_exits_interrupts_its_call(world: &World) {
    let (client, other) = (world.client(), world.client());
    thread::scope(|scope| {
        let blocked = scope.spawn(|| other.wait_for("go".into()));
        client.until_blocked("go", 1);
        assert_eq!(kind(client.exit(0)), Interrupted);
        assert_eq!(kind(blocked.join().unwrap()), Interrupted);
    });
    assert_eq!((kind(client.nothing()), kind(other.nothing())), (Disconnected, Disconnected));
}
