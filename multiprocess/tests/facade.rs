//! An application that depends on the facade alone can declare interfaces and values of its own.

use std::sync::Arc;

#[ipc::interface(bootstrap)]
trait Counter: Send + Sync {
    fn add(&self, step: Step) -> Result<u32, Overflow>;
    fn each(&self, up_to: u32, visit: Arc<dyn Fn(u32) -> ipc::Result<()> + Send + Sync>) -> ipc::Result<()>;
}

#[derive(Clone, Debug, PartialEq, ipc::Value)]
struct Step {
    from: u32,
    by: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, ipc::Value)]
enum Overflow {
    At(u32),
    #[value(exception)]
    Ipc(ipc::Exception),
}

impl From<ipc::Exception> for Overflow {
    fn from(exception: ipc::Exception) -> Self {
        Self::Ipc(exception)
    }
}

struct Adder;

impl Counter for Adder {
    fn add(&self, step: Step) -> Result<u32, Overflow> {
        step.from.checked_add(step.by.unwrap_or(1)).ok_or(Overflow::At(step.from))
    }

    fn each(&self, up_to: u32, visit: Arc<dyn Fn(u32) -> ipc::Result<()> + Send + Sync>) -> ipc::Result<()> {
        (0..up_to).try_for_each(|number| visit(number))
    }
}

#[test]
fn calls_errors_and_closures_cross() {
    let server = ipc::serve("tcp:127.0.0.1:0", Arc::new(Adder) as Arc<dyn Counter>).unwrap();
    let counter: Arc<dyn Counter> = ipc::connect(server.address()).unwrap();
    assert_eq!(counter.add(Step { from: 1, by: None }), Ok(2));
    assert_eq!(counter.add(Step { from: u32::MAX, by: Some(7) }), Err(Overflow::At(u32::MAX)));
    let (sender, visited) = std::sync::mpsc::channel();
    let here = std::thread::current().id();
    let visit = move |number| {
        assert_eq!(std::thread::current().id(), here);
        sender.send(number).unwrap();
        Ok(())
    };
    counter.each(3, Arc::new(visit)).unwrap();
    assert_eq!(visited.iter().take(3).collect::<Vec<_>>(), [0, 1, 2]);
}
