//! C2 and C3: how handlers fail.

use std::{error::Error, panic::resume_unwind, sync::Arc};

use ipc_core::{Exception, ExceptionKind};

use crate::{
    case::{Case, cases},
    cases::tools::{Tally, own, step},
    interfaces::{Counter, LabError},
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    C2 ALL typed_errors_arrive;
    C2 ALL calls_after_an_error_get_their_own_results;
    C2 ALL exceptions_arrive_as_remote_with_their_source;
    C2 ALL exceptions_inside_errors_arrive_as_remote;
    C2 ALL exceptions_name_the_call;
    C2 ALL a_callbacks_error_arrives_at_the_handler;
    C2 ALL an_exception_of_another_connection_is_passed_on;
    C2 ALL a_forged_kind_stays_remote;
    C3 ALL a_panic_arrives_as_remote;
    C3 ALL a_panic_without_text_arrives_as_remote;
    C3 ALL a_panic_leaves_the_server_thread_as_it_was;
    C3 ALL a_panic_in_a_callback_arrives_at_the_handler;
    C3 ALL a_panic_in_a_drop_harms_nobody;
};

fn typed_errors_arrive(world: &World) {
    let client = world.client();
    let errors = [
        LabError::Refused,
        LabError::Failed { code: 0, reason: String::new() },
        LabError::Failed { code: -1, reason: "no\0thing".into() },
    ];
    for error in errors {
        assert_eq!(client.fail(error.clone()), Err(error));
    }
    assert_eq!(client.nothing(), Ok(()));
}

/// Of the same types and sizes as those before the error, and with others beside them.
fn calls_after_an_error_get_their_own_results(world: &World) {
    let client = world.client();
    let other = client.lab.clone();
    std::thread::scope(|scope| {
        let beside = scope.spawn(move || {
            for n in 0..200 {
                assert_eq!(other.down(n, step(move |m| Ok(1000 + m))), Ok(1000 + n));
            }
        });
        for n in 0..100u32 {
            assert_eq!(client.add_now(n, 1), Ok(n + 1));
            assert_eq!(client.down(n, step(Ok)), Ok(n));
            let error = LabError::Failed { code: n as i32, reason: format!("for {n}") };
            assert_eq!(client.fail(error.clone()), Err(error));
            assert_eq!(client.down(n + 1, step(Ok)), Ok(n + 1));
            assert_eq!(client.add_now(n, 2), Ok(n + 2));
            let passed_on = client.down(n, step(|n| Err(own(&n.to_string())))).unwrap_err();
            assert!(passed_on.to_string().contains(&n.to_string()), "{passed_on}");
            assert_eq!(client.down(n + 2, step(Ok)), Ok(n + 2));
        }
        beside.join().unwrap();
    });
}

#[track_caller]
fn assert_remote(arrived: &Exception, kind: ExceptionKind, message: &str) {
    assert_eq!(arrived.kind(), ExceptionKind::Remote, "{arrived:?}");
    let source = arrived.remote().unwrap_or_else(|| panic!("no source: {arrived:?}"));
    assert_eq!((source.kind(), source.message()), (kind, message));
}

fn exceptions_arrive_as_remote_with_their_source(world: &World) {
    let client = world.client();
    for kind in ExceptionKind::ALL {
        for message in ["", "why: because", "Disconnected: no"] {
            let arrived = client.fail_with(kind.name().into(), message.into()).unwrap_err();
            assert_remote(&arrived, kind, message);
        }
    }
    assert!(client.connection.is_connected());
    assert_eq!(client.nothing(), Ok(()));
}

fn exceptions_inside_errors_arrive_as_remote(world: &World) {
    let client = world.client();
    for kind in ExceptionKind::ALL {
        for as_data in [false, true] {
            let arrived = client.fail_inside(kind.name().into(), "why".into(), as_data).unwrap_err();
            match arrived {
                LabError::Ipc(exception) if !as_data => assert_remote(&exception, kind, "why"),
                LabError::Because(text, exception) if as_data => {
                    assert_eq!(text, "as data");
                    assert_remote(&exception, kind, "why");
                }
                other => panic!("{kind} arrived as {other:?}"),
            }
        }
    }
}

fn exceptions_name_the_call(world: &World) {
    let arrived = world.client().fail_with("Overloaded".into(), "why".into()).unwrap_err();
    assert_eq!((arrived.interface(), arrived.method()), (Some("Values"), Some("fail_with")));
}

fn a_callbacks_error_arrives_at_the_handler(world: &World) {
    let client = world.client();
    client.happen("go".into()).unwrap();
    let failing = step(|_| Err(Exception::new(ExceptionKind::Overloaded, "of the callback")));
    let arrived = client.wait_then_call("go".into(), failing).unwrap_err();
    assert_eq!(client.outcome("go".into()), Ok("Remote".into()));
    // From the callback to the handler, and from that to here.
    assert_eq!(arrived.kind(), ExceptionKind::Remote);
    assert_eq!(arrived.remote().map(Exception::kind), Some(ExceptionKind::Remote));
    assert!(arrived.to_string().contains("of the callback"), "{arrived}");
}

fn an_exception_of_another_connection_is_passed_on(world: &World) {
    let (client, other) = (world.client(), world.client());
    (other.cut)();
    crate::until("the loss is noticed", || !other.connection.is_connected());
    let lab = other.lab.clone();
    let through = step(move |_| lab.nothing().map(|()| 0));
    let arrived = client.down(0, through).unwrap_err();
    // It is the other connection that is gone.
    assert_eq!(arrived.kind(), ExceptionKind::Remote, "{arrived:?}");
    assert!(arrived.to_string().contains("Disconnected"), "{arrived}");
    assert!(client.connection.is_connected());
    assert_eq!(client.nothing(), Ok(()));
}

fn a_forged_kind_stays_remote(world: &World) {
    let client = world.client();
    for text in ["ipc exception: Disconnected: no", "std::exception: Cancelled: no", "remote exception: Overloaded: no"]
    {
        let arrived = client.fail_with("Remote".into(), text.into()).unwrap_err();
        assert_remote(&arrived, ExceptionKind::Remote, text);
        let panicked = client.panic(Some(text.into())).unwrap_err();
        assert_eq!(panicked.kind(), ExceptionKind::Remote, "{panicked:?}");
    }
}

fn a_panic_arrives_as_remote(world: &World) {
    let client = world.client();
    for n in 0..10 {
        let arrived = client.panic(Some(format!("boom {n}"))).unwrap_err();
        assert_eq!(arrived.kind(), ExceptionKind::Remote);
        let texts = format!("{arrived} {:?}", arrived.source().map(ToString::to_string));
        assert!(texts.contains(&format!("boom {n}")), "{texts}");
        assert_eq!(client.add_now(n, 1), Ok(n + 1));
    }
}

fn a_panic_without_text_arrives_as_remote(world: &World) {
    let client = world.client();
    assert_eq!(client.panic(None).unwrap_err().kind(), ExceptionKind::Remote);
    assert_eq!(client.nothing(), Ok(()));
}

fn a_panic_leaves_the_server_thread_as_it_was(world: &World) {
    let client = world.client();
    let before = client.thread().unwrap();
    client.set_local(7).unwrap();
    client.panic(Some("boom".into())).unwrap_err();
    assert_eq!(client.thread(), Ok(before));
    assert_eq!(client.set_local(8), Ok(7));
}

fn a_panic_in_a_callback_arrives_at_the_handler(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    client.happen("go".into()).unwrap();
    let panics = tally.step(|_| resume_unwind(Box::new("in the callback")));
    let arrived = client.wait_then_call("go".into(), panics).unwrap_err();
    assert_eq!(client.outcome("go".into()), Ok("Remote".into()));
    assert!(arrived.to_string().contains("in the callback"), "{arrived}");
    assert_eq!(client.down(1, step(Ok)), Ok(1));
    tally.until(0);
}

fn a_panic_in_a_drop_harms_nobody(world: &World) {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            resume_unwind(Box::new("in a drop"));
        }
    }
    let client = world.client();
    let tally = Tally::default();
    for n in 0..3 {
        let (panics, counted) = (Panics, tally.counted());
        let step = step(move |number| {
            let _captured = (&panics, &counted);
            if number == 0 { Err(own("no")) } else { Ok(number) }
        });
        client.keep_step(n.to_string(), step).unwrap();
    }
    let counter: Arc<dyn Counter> = tally.counter();
    client.keep("last".into(), counter).unwrap();
    for name in ["0", "1", "2", "last"] {
        assert_eq!(client.forget(name.into()), Ok(true));
    }
    tally.until(0);
    assert_eq!(client.down(1, step(Ok)), Ok(1));
}
