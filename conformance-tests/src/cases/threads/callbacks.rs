//! T2 and T3: on which thread calls back run.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread::{self, ThreadId},
};

use crate::{
    case::{Case, cases},
    cases::tools::{own, step},
    interfaces::{Lab, Step},
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    T2 ALL nested_callbacks_run_on_the_waiting_thread;
    T2 ALL threads_nest_beside_each_other;
    T2 ALL one_handler_calls_back_often;
    T2 ALL a_stored_callback_runs_on_the_waiting_thread;
    T2 ALL callbacks_nest_across_two_connections;
    T2 ALL recursion_through_closures;
    T3 ALL another_thread_of_the_peer_gets_a_thread_of_its_own;
    T3 ALL each_thread_of_the_peer_has_its_own;
    T3 ALL its_callbacks_run_on_the_thread_that_waits_there;
    T3 ALL it_calls_while_nobody_waits;
    T3 ALL both_call_at_the_same_time;
};

/// A step that goes down `depth` times between client and server, and checks at each that it runs on `on`, and that the
/// server's calls run on one thread too, whose thread-local it counts up.
fn nesting(lab: &Arc<dyn Lab>, on: ThreadId, ran: &Arc<AtomicU32>) -> Step {
    let (lab, ran) = (lab.clone(), ran.clone());
    step(move |depth| {
        if thread::current().id() != on {
            return Err(own("the callback ran on another thread"));
        }
        let count = u64::from(ran.fetch_add(1, Ordering::SeqCst));
        if lab.set_local(count + 1)? != count {
            return Err(own("the call in the callback ran on another server thread"));
        }
        if depth == 0 { Ok(100) } else { Ok(lab.down(depth - 1, nesting(&lab, on, &ran))? + 1) }
    })
}

fn nest(lab: &Arc<dyn Lab>, depth: u32) {
    lab.set_local(0).unwrap();
    let ran = Arc::default();
    let outcome = lab.down(depth, nesting(lab, thread::current().id(), &ran));
    assert_eq!(outcome, Ok(100 + depth));
    assert_eq!(ran.load(Ordering::SeqCst), depth + 1);
}

fn nested_callbacks_run_on_the_waiting_thread(world: &World) {
    let client = world.client();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for n in 0..2 {
            let (client, done) = (&client, &done);
            scope.spawn(move || {
                while !done.load(Ordering::SeqCst) {
                    assert_eq!(client.add_now(n, 1), Ok(n + 1));
                    assert_eq!(client.text("other".into()), Ok("other".into()));
                }
            });
        }
        let nested = scope.spawn(|| (0..5).for_each(|_| nest(&client.lab, 32))).join();
        done.store(true, Ordering::SeqCst);
        nested.unwrap();
    });
}

fn threads_nest_beside_each_other(world: &World) {
    let client = world.client();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..10).for_each(|_| nest(&client.lab, 8)));
        }
    });
}

fn one_handler_calls_back_often(world: &World) {
    let client = world.client();
    let on = thread::current().id();
    let counting = step(move |n| if thread::current().id() == on { Ok(n) } else { Err(own("on another thread")) });
    assert_eq!(client.down_often(3, 500, counting), Ok(1500));
}

fn a_stored_callback_runs_on_the_waiting_thread(world: &World) {
    let client = world.client();
    let ran = Arc::new(Mutex::new(None));
    let storing = {
        let ran = ran.clone();
        step(move |n| {
            *ran.lock().unwrap() = Some(thread::current().id());
            Ok(n)
        })
    };
    thread::scope(|scope| {
        scope.spawn(|| client.keep_step("step".into(), storing).unwrap()).join().unwrap();
    });
    // Not on the thread that passed it, but on the one that waits for the call that calls it.
    assert_eq!(client.call_kept("step".into(), 7, false), Ok(7));
    assert_eq!(*ran.lock().unwrap(), Some(thread::current().id()));
}

fn callbacks_nest_across_two_connections(world: &World) {
    fn across(labs: [Arc<dyn Lab>; 2], on: ThreadId) -> Step {
        step(move |depth| {
            if thread::current().id() != on {
                return Err(own("the callback ran on another thread"));
            }
            let [here, there] = &labs;
            if depth == 0 { Ok(0) } else { Ok(there.down(depth - 1, across([there.clone(), here.clone()], on))? + 1) }
        })
    }
    let labs = [world.client().lab, world.client().lab];
    let before = labs.clone().map(|lab| lab.thread().unwrap());
    assert_eq!(labs[0].down(16, across(labs.clone(), thread::current().id())), Ok(16));
    assert_eq!(labs.clone().map(|lab| lab.thread().unwrap()), before);
}

fn recursion_through_closures(world: &World) {
    // A closure that the server gives calls one of ours that calls it again.
    let client = world.client();
    let same = Arc::new(Mutex::new(None::<Step>));
    let ours = {
        let same = same.clone();
        step(move |n| {
            let again = same.lock().unwrap().clone().ok_or_else(|| own("nothing to call"))?;
            if n == 0 { Ok(0) } else { Ok(again(n - 1)? + 1) }
        })
    };
    client.keep_step("ours".into(), ours.clone()).unwrap();
    let lab = client.lab.clone();
    let through = step(move |n| lab.call_kept("ours".into(), n, false));
    *same.lock().unwrap() = Some(through);
    assert_eq!(ours(20), Ok(20));
    same.lock().unwrap().take();
}

fn another_thread_of_the_peer_gets_a_thread_of_its_own(world: &World) {
    let client = world.client();
    let ran = Arc::new(Mutex::new(Vec::new()));
    let noting = {
        let ran = ran.clone();
        step(move |n| {
            ran.lock().unwrap().push(thread::current().id());
            Ok(n)
        })
    };
    assert_eq!(client.down_elsewhere("elsewhere".into(), 2, 20, noting), Ok(40));
    let ran = ran.lock().unwrap().clone();
    assert_eq!(ran.len(), 20);
    assert!(ran.iter().all(|thread| *thread == ran[0]), "{ran:?}");
    assert_ne!(ran[0], thread::current().id());
}

fn each_thread_of_the_peer_has_its_own(world: &World) {
    let client = world.client();
    let ran = Arc::new(Mutex::new(HashSet::new()));
    let here = Arc::new(std::sync::Barrier::new(4));
    let noting = {
        let ran = ran.clone();
        step(move |n| {
            ran.lock().unwrap().insert(thread::current().id());
            // All four at the same time.
            here.wait();
            Ok(n)
        })
    };
    thread::scope(|scope| {
        for n in 0..4 {
            let (client, noting) = (&client, noting.clone());
            scope.spawn(move || assert_eq!(client.down_elsewhere(format!("other-{n}"), n, 1, noting), Ok(n)));
        }
    });
    assert_eq!(ran.lock().unwrap().len(), 4);
}

fn its_callbacks_run_on_the_thread_that_waits_there(world: &World) {
    let client = world.client();
    let lab = client.lab.clone();
    let asking = step(move |_| {
        let first = lab.thread()?;
        let second = lab.down(0, step(Ok)).and_then(|_| lab.thread())?;
        if first != second || first.name != "elsewhere" {
            return Err(own(&format!("it ran on {first:?} and {second:?}")));
        }
        Ok(1)
    });
    assert_eq!(client.down_elsewhere("elsewhere".into(), 0, 5, asking), Ok(5));
}

fn it_calls_while_nobody_waits(world: &World) {
    let (client, other) = (world.client(), world.client());
    let (called, calls) = std::sync::mpsc::channel();
    let calling = step(move |n| called.send(n).map(|()| n).map_err(|_| own("nobody is told")));
    client.keep_step("step".into(), calling).unwrap();
    // Over the other connection: on that of the callback no thread of ours waits.
    for n in 0..20 {
        assert_eq!(other.call_kept("step".into(), n, true), Ok(n));
        assert_eq!(calls.recv(), Ok(n));
    }
}

fn both_call_at_the_same_time(world: &World) {
    let client = world.client();
    let on = thread::current().id();
    let here = Arc::new(std::sync::Barrier::new(2));
    let waiting = Arc::new(AtomicU32::new(0));
    let meeting = {
        let (lab, waiting) = (client.lab.clone(), waiting.clone());
        step(move |n| {
            // One of the two runs on the thread that waits, and each goes on only if the other is there.
            here.wait();
            waiting.fetch_add(u32::from(thread::current().id() == on), Ordering::SeqCst);
            lab.add_now(n, 1)
        })
    };
    for n in 0..20 {
        assert_eq!(client.down_beside("elsewhere".into(), n, meeting.clone()), Ok(2 * (n + 1)));
        assert_eq!(waiting.swap(0, Ordering::SeqCst), 1);
    }
}
