//! A line is between two.

use std::{sync::Arc, time::Duration};

use ipc_core::{ExceptionKind, Options, Result};
use ipc_macros::interface;
use transport_local::Line;

#[interface(bootstrap)]
trait Greeter: Send + Sync {
    fn greet(&self) -> Result<String>;
}

struct Named(&'static str);

impl Greeter for Named {
    fn greet(&self) -> Result<String> {
        Ok(self.0.into())
    }
}

fn named(name: &'static str) -> Arc<dyn Greeter> {
    Arc::new(Named(name))
}

#[test]
fn a_second_end_on_a_side_is_refused_and_the_first_goes_on() {
    for line in [Line::threaded(), Line::direct()] {
        let server = line.accept(&named("first"), Options::default());
        let client = line.connect::<dyn Greeter>(Options::default()).unwrap();
        let refused = line.connect::<dyn Greeter>(Options::default()).unwrap_err();
        assert_eq!(refused.kind(), ExceptionKind::Disconnected, "{refused}");
        assert!(refused.to_string().contains("expected a line without a client"), "{refused}");
        let idle = line.accept(&named("second"), Options::default());
        assert!(!idle.is_connected());
        assert_eq!(client.root.greet().unwrap(), "first");
        assert!(server.is_connected());
    }
}

#[test]
fn who_comes_to_a_line_that_is_over_is_told_so() {
    for line in [Line::threaded, Line::direct] {
        let (cut, closed) = (line(), line());
        let _server = cut.accept(&named("server"), Options::default());
        cut.cut();
        closed.accept(&named("server"), Options::default()).close(Duration::ZERO).unwrap();
        for line in [cut, closed] {
            let refused = line.connect::<dyn Greeter>(Options::default()).unwrap_err();
            assert_eq!(refused.kind(), ExceptionKind::Disconnected, "{refused}");
        }
    }
}

#[test]
fn one_who_is_still_to_come_is_not_gone() {
    for line in [Line::threaded(), Line::direct()] {
        line.freeze();
        let _server = line.accept(&named("server"), Options::default());
        line.thaw();
        let client = line.connect::<dyn Greeter>(Options::default()).unwrap();
        assert_eq!(client.root.greet().unwrap(), "server");
    }
}
