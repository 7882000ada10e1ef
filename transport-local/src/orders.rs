//! Calls over a line, in many orders of the threads: the session with its workers, as it is. Shuttle reports it if all wait.

use std::time::Duration;

use ipc_core::{
    Connection, Exception,
    ExceptionKind::{self, DeadlineExceeded, Disconnected, Interrupted},
    Options, Result, deadline, threads,
};
use ipc_macros::interface;
use shuttle::{
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use crate::Line;

type Step = Arc<dyn Fn(u32) -> Result<u32> + Send + Sync>;

#[interface(bootstrap)]
trait Lab: Send + Sync {
    fn thread(&self) -> Result<u64>;
    fn down(&self, depth: u32, step: Step) -> Result<u32>;
    /// Calls back from this thread and from another one at the same time.
    fn beside(&self, step: Step) -> Result<u32>;
    fn keep(&self, step: Step) -> Result<()>;
    /// The object that the server keeps.
    fn own(&self) -> Result<Arc<dyn Own>>;
}

#[interface]
trait Own: Send + Sync {
    fn number(&self) -> Result<u32>;
}

struct Seven;

impl Own for Seven {
    fn number(&self) -> Result<u32> {
        Ok(7)
    }
}

struct Server {
    kept: Mutex<Vec<Step>>,
    own: Arc<dyn Own>,
}

impl Lab for Server {
    fn thread(&self) -> Result<u64> {
        Ok(threads::sequence())
    }

    fn down(&self, depth: u32, step: Step) -> Result<u32> {
        step(depth)
    }

    fn beside(&self, step: Step) -> Result<u32> {
        let other = thread::spawn({
            let step = step.clone();
            move || step(1)
        });
        let here = step(2)?;
        Ok(here + other.join().unwrap()?)
    }

    fn keep(&self, step: Step) -> Result<()> {
        self.kept.lock().unwrap().push(step);
        Ok(())
    }

    fn own(&self) -> Result<Arc<dyn Own>> {
        Ok(self.own.clone())
    }
}

struct Pair {
    lab: Arc<dyn Lab>,
    client: Connection,
    server: Connection,
}

fn pair(line: &Line) -> Pair {
    let root: Arc<dyn Lab> = Arc::new(Server { kept: Mutex::default(), own: Arc::new(Seven) });
    let server = line.accept(&root, Options::default());
    let connected = line.connect::<dyn Lab>(Options::default()).unwrap();
    Pair { lab: connected.root, client: connected.connection, server }
}

/// Tells of its drop.
struct Told(Sender<()>);

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

/// A callback, and who is told of its drop.
fn step(run: impl Fn(u32) -> Result<u32> + Send + Sync + 'static) -> (Step, Receiver<()>) {
    let (dropped, drops) = channel();
    let told = Told(dropped);
    let step = move |number| {
        let _captured = &told;
        run(number)
    };
    (Arc::new(step), drops)
}

fn told(connection: &Connection) -> Receiver<ExceptionKind> {
    let (sender, receiver) = channel();
    connection.on_disconnect(move |why| sender.send(why.kind()).unwrap());
    receiver
}

/// Calls that end side by side, or one in another, end each on its own thread.
fn calls_of_two_threads(line: &Line) {
    let Pair { lab, client, server } = pair(line);
    let call = |lab: Arc<dyn Lab>| {
        let me = threads::sequence();
        let (back, dropped) = step({
            let lab = lab.clone();
            move |depth| {
                assert_eq!(threads::sequence(), me);
                let (deeper, _) = step(move |depth| Ok(depth + 1));
                lab.down(depth + 1, deeper)
            }
        });
        let there = lab.thread().unwrap();
        assert_eq!(lab.down(5, back), Ok(7));
        assert_eq!(lab.thread(), Ok(there));
        dropped.recv().unwrap();
    };
    let other = thread::spawn({
        let lab = lab.clone();
        move || call(lab)
    });
    call(lab.clone());
    other.join().unwrap();
    drop(lab);
    client.close(Duration::MAX).unwrap();
    server.close(Duration::MAX).unwrap();
    assert_eq!(server.usage().server_threads, 0);
}

/// Whatever it cuts, each call ends once, each side is told once, and nothing of the other's stays.
fn a_cut_at_any_moment(line: &Line) {
    let Pair { lab, client, server } = pair(line);
    let (tells, server_tells) = (told(&client), told(&server));
    let (kept, kept_dropped) = step(Ok);
    lab.keep(kept).unwrap();
    let call = thread::spawn({
        let lab = lab.clone();
        move || {
            let (nested, dropped) = step({
                let lab = lab.clone();
                move |depth| lab.thread().map(|_| depth)
            });
            let ended = lab.down(3, nested);
            dropped.recv().unwrap();
            ended
        }
    });
    let cutter = thread::spawn({
        let line = line.clone();
        move || line.cut()
    });
    match call.join().unwrap() {
        Ok(depth) => assert_eq!(depth, 3),
        Err(error) => assert!(is_gone(&error), "{error}"),
    }
    cutter.join().unwrap();
    assert_eq!(tells.recv(), Ok(Disconnected));
    assert_eq!(server_tells.recv(), Ok(Disconnected));
    assert!(tells.recv().is_err() && server_tells.recv().is_err());
    assert_eq!(lab.thread().unwrap_err().kind(), Disconnected);
    kept_dropped.recv().unwrap();
}

fn is_gone(error: &Exception) -> bool {
    let text = error.to_string();
    [Disconnected, Interrupted].contains(&error.kind()) || text.contains("Interrupted") || text.contains("Disconnected")
}

/// A deadline that has passed is noticed when the caller would block: at any moment of the call.
fn a_call_is_given_up_at_any_moment(line: &Line) {
    let Pair { lab, client, server } = pair(line);
    let give_up = |lab: Arc<dyn Lab>| {
        let (nested, dropped) = step({
            let lab = lab.clone();
            move |depth| lab.thread().map(|_| depth)
        });
        match deadline(Duration::ZERO, || lab.down(3, nested)) {
            Ok(depth) => assert_eq!(depth, 3),
            Err(error) => {
                let passed = error.kind() == DeadlineExceeded || error.to_string().contains("DeadlineExceeded");
                assert!(passed, "{error}");
            }
        }
        dropped.recv().unwrap();
        let (nested, dropped) = step(Ok);
        assert_eq!(lab.down(4, nested), Ok(4));
        dropped.recv().unwrap();
    };
    let other = thread::spawn({
        let lab = lab.clone();
        move || give_up(lab)
    });
    give_up(lab.clone());
    other.join().unwrap();
    drop(lab);
    client.close(Duration::MAX).unwrap();
    server.close(Duration::MAX).unwrap();
    assert_eq!(server.usage().server_threads, 0);
}

fn calls_back_from_two_threads(line: &Line) {
    let Pair { lab, client, server } = pair(line);
    let (back, dropped) = step(|number| Ok(10 * number));
    assert_eq!(lab.beside(back), Ok(30));
    dropped.recv().unwrap();
    client.close(Duration::MAX).unwrap();
    server.close(Duration::MAX).unwrap();
}

/// One thread lets go of an object while it comes to another: that one can call it, and in the end nothing is left.
fn an_object_that_comes_and_goes(line: &Line) {
    let Pair { lab, client, server } = pair(line);
    let others: Vec<_> = (0..2)
        .map(|_| {
            let lab = lab.clone();
            thread::spawn(move || assert_eq!(lab.own().unwrap().number(), Ok(7)))
        })
        .collect();
    assert_eq!(lab.own().unwrap().number(), Ok(7));
    others.into_iter().for_each(|other| other.join().unwrap());
    // What was let go of before a call is gone at its end.
    lab.thread().unwrap();
    assert_eq!((client.usage().imports, server.usage().exports), (1, 1));
}

fn a_close_at_any_moment(line: &Line) {
    let Pair { lab, client, server } = pair(line);
    let calls = thread::spawn(move || {
        for _ in 0..2 {
            let (nested, dropped) = step(Ok);
            let ended = lab.down(3, nested);
            dropped.recv().unwrap();
            if let Err(error) = ended {
                return Err(error);
            }
        }
        Ok(())
    });
    server.close(Duration::MAX).unwrap();
    if let Err(error) = calls.join().unwrap() {
        assert!(is_gone(&error) || error.to_string().contains("Cancelled"), "{error}");
    }
    client.close(Duration::MAX).unwrap();
    assert_eq!(server.usage().server_threads, 0);
}

macro_rules! orders {
    ($form:ident: $($test:ident)*) => {
        mod $form {
            $(#[test]
            fn $test() {
                ipc_core::explore(|| super::$test(&super::Line::$form()));
            })*
        }
    };
}

orders!(threaded:
    calls_of_two_threads a_cut_at_any_moment a_call_is_given_up_at_any_moment calls_back_from_two_threads
    an_object_that_comes_and_goes a_close_at_any_moment);
orders!(direct: calls_of_two_threads a_cut_at_any_moment an_object_that_comes_and_goes a_close_at_any_moment);
