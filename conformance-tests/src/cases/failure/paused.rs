//! F5: a peer that is stopped at a point of a call, and then continued: nothing has happened.

use std::thread;

use super::ends::nesting;
use crate::{
    case::{Case, cases},
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    F5 PROCESSES paused_before_a_call = |world| paused(world, Point::Before);
    F5 PROCESSES paused_after_a_call_was_sent = |world| paused(world, Point::Sent);
    F5 PROCESSES paused_in_the_handler = |world| paused(world, Point::Handler);
    F5 PROCESSES paused_before_the_reply = |world| paused(world, Point::Reply);
    F5 PROCESSES paused_at_each_depth;
};

/// Where the call is while the peer does nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Point {
    Before,
    Sent,
    Handler,
    Reply,
    Callback(u32),
}

fn paused_at_each_depth(world: &World) {
    for depth in 1..=16 {
        paused(world, Point::Callback(depth));
    }
}

fn paused(world: &World, point: Point) {
    let event = format!("{point:?}");
    let (client, control) = (world.client(), world.client());
    let thread = client.thread().unwrap();
    let begins = matches!(point, Point::Before | Point::Sent);
    if begins {
        control.happen(event.clone()).unwrap();
    }
    thread::scope(|scope| {
        let call = || {
            scope.spawn(|| match point {
                Point::Reply => client.reply_when(event.clone(), 7).map(|late| late.number.number),
                Point::Callback(depth) => {
                    let (lab, event) = (client.lab.clone(), event.clone());
                    let nested = nesting(move |depth, deeper| match deeper {
                        Some(step) => lab.down(depth - 1, step),
                        None => lab.wait_for(event.clone()).map(|()| 7),
                    });
                    client.down(depth, nested)
                }
                _ => client.wait_for(event.clone()).map(|()| 7),
            })
        };
        let running = (!begins).then(call);
        if running.is_some() {
            control.until_blocked(&event, 1);
        }
        world.peer().stop();
        let running = running.unwrap_or_else(|| {
            if point == Point::Before {
                world.peer().go_on();
                return call();
            }
            let running = call();
            crate::until("the call is about to be sent", || client.held_here().calls == 1);
            running
        });
        if point != Point::Before {
            assert!(client.connection.is_connected() && !running.is_finished());
            world.peer().go_on();
        }
        control.happen(event.clone()).unwrap();
        assert_eq!(running.join().unwrap(), Ok(7));
    });
    assert_eq!(client.thread(), Ok(thread));
}
