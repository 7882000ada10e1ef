//! C4: a client that knows more than its server.

use std::{sync::Arc, thread};

use ipc_core::ExceptionKind::Unimplemented;

use crate::{
    case::{Case, cases},
    cases::tools::{Tally, kind},
    wait,
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    C4 ALL an_unknown_method_is_unimplemented;
    C4 ALL an_unknown_interface_is_unimplemented;
    C4 ALL calls_in_flight_are_not_harmed;
    C4 ALL objects_passed_to_an_unknown_method_are_released;
};

fn an_unknown_method_is_unimplemented(world: &World) {
    let newer = world.newer_client();
    for _ in 0..3 {
        assert_eq!(kind(newer.added("text".into())), Unimplemented);
        assert_eq!(kind(newer.added_now()), Unimplemented);
        assert_eq!(newer.text("known".into()), Ok("known".into()));
        assert_eq!(newer.add_now(1, 2), Ok(3));
    }
}

fn an_unknown_interface_is_unimplemented(world: &World) {
    let newer = world.newer_client();
    let thread = newer.thread().unwrap();
    assert_eq!(kind(newer.newer()), Unimplemented);
    assert_eq!(newer.thread(), Ok(thread));
}

fn calls_in_flight_are_not_harmed(world: &World) {
    let newer = world.newer_client();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| newer.wait_for("go".into()));
        wait::until("a call that blocks", || newer.blocked("go".into()) == Ok(1));
        assert_eq!(kind(newer.added("text".into())), Unimplemented);
        assert_eq!(kind(newer.newer()), Unimplemented);
        assert_eq!(kind(newer.added_now()), Unimplemented);
        newer.happen("go".into()).unwrap();
        assert_eq!(waiting.join().unwrap(), Ok(()));
    });
}

fn objects_passed_to_an_unknown_method_are_released(world: &World) {
    let newer = world.newer_client();
    let tally = Tally::default();
    let counted = tally.counted();
    let tell = Arc::new(move |_| {
        let _captured = &counted;
        Ok(())
    });
    assert_eq!(kind(newer.added_with_an_object(tell)), Unimplemented);
    tally.until(0);
}
