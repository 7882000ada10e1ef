//! A line is between two.

use std::sync::Arc;

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
