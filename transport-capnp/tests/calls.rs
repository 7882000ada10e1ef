//! Calls over a socketpair, both ends in this process.

use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use ipc_core::{Connection, ExceptionKind, Options, Result, Stream, Transport};
use ipc_macros::interface;
use transport_capnp::Capnp;

type Step = Arc<dyn Fn(u32) -> Result<u32> + Send + Sync>;

#[interface(bootstrap)]
trait Init: Send + Sync {
    fn add(&self, a: i32, b: i32) -> Result<i32>;
    #[method(no_context)]
    fn add_now(&self, a: i32, b: i32) -> Result<i32>;
    fn thread(&self) -> Result<String>;
    fn down(&self, depth: u32, step: Step) -> Result<u32>;
    fn echo(&self, data: Vec<u8>) -> Result<Vec<u8>>;
    fn boom(&self) -> Result<()>;
    fn fails(&self) -> Result<()>;
    fn store(&self, step: Step) -> Result<()>;
    fn call_stored_elsewhere(&self, x: u32) -> Result<u32>;
    fn forget(&self) -> Result<()>;
    fn block(&self) -> Result<()>;
    fn same(&self, other: Arc<dyn Init>) -> Result<Arc<dyn Init>>;
    fn wait_for(&self, event: u32) -> Result<()>;
    fn call_when(&self, event: u32, step: Step) -> Result<u32>;
}

/// Numbers that were set.
#[derive(Default)]
struct Events(Mutex<Vec<u32>>, Condvar);

impl Events {
    fn set(&self, event: u32) {
        self.0.lock().unwrap().push(event);
        self.1.notify_all();
    }
    fn wait_for(&self, event: u32) {
        let _set = self.1.wait_while(self.0.lock().unwrap(), |set| !set.contains(&event)).unwrap();
    }
}

#[derive(Default)]
struct Server {
    stored: Mutex<Option<Step>>,
    release: Mutex<Option<mpsc::Receiver<()>>>,
    events: Arc<Events>,
}

impl Init for Server {
    fn add(&self, a: i32, b: i32) -> Result<i32> {
        Ok(a + b)
    }
    fn add_now(&self, a: i32, b: i32) -> Result<i32> {
        Ok(a + b)
    }
    fn thread(&self) -> Result<String> {
        Ok(format!("{:?} {}", thread::current().id(), thread::current().name().unwrap_or("?")))
    }
    fn down(&self, depth: u32, step: Step) -> Result<u32> {
        step(depth)
    }
    fn echo(&self, data: Vec<u8>) -> Result<Vec<u8>> {
        Ok(data)
    }
    fn boom(&self) -> Result<()> {
        panic!("boom");
    }
    fn fails(&self) -> Result<()> {
        Err(ipc_core::Exception::new(ExceptionKind::Disconnected, "somebody else is gone"))
    }
    fn store(&self, step: Step) -> Result<()> {
        *self.stored.lock().unwrap() = Some(step);
        Ok(())
    }
    fn call_stored_elsewhere(&self, x: u32) -> Result<u32> {
        let step = self.stored.lock().unwrap().clone().unwrap();
        thread::spawn(move || step(x)).join().unwrap()
    }
    fn forget(&self) -> Result<()> {
        self.stored.lock().unwrap().take();
        Ok(())
    }
    fn block(&self) -> Result<()> {
        let _ = self.release.lock().unwrap().as_ref().map(mpsc::Receiver::recv);
        Ok(())
    }
    fn same(&self, other: Arc<dyn Init>) -> Result<Arc<dyn Init>> {
        Ok(other)
    }
    fn wait_for(&self, event: u32) -> Result<()> {
        self.events.wait_for(event);
        Ok(())
    }
    fn call_when(&self, event: u32, step: Step) -> Result<u32> {
        self.events.wait_for(event);
        step(event)
    }
}

fn pair(server: Server) -> (Arc<dyn Init>, Connection, Connection) {
    let (a, b) = Stream::pair().unwrap();
    let server = Capnp.accept::<dyn Init>(b, Arc::new(server), Options::default()).unwrap();
    let client = Capnp.connect::<dyn Init>(a, Options::default()).unwrap();
    (client.root, client.connection, server)
}

#[test]
fn adds() {
    let (init, _c, _s) = pair(Server::default());
    for n in 0..1000 {
        assert_eq!(init.add(n, 2), Ok(n + 2));
        assert_eq!(init.add_now(n, 3), Ok(n + 3));
    }
}

#[test]
fn one_thread_is_served_by_one_thread() {
    let (init, _c, _s) = pair(Server::default());
    let mine = init.thread().unwrap();
    assert!(mine.contains("one_thread_is_served"), "{mine}");
    for _ in 0..10 {
        assert_eq!(init.thread().unwrap(), mine);
    }
    let other = thread::spawn({
        let init = init.clone();
        move || init.thread().unwrap()
    });
    assert_ne!(other.join().unwrap(), mine);
}

#[test]
fn nested_callbacks_run_on_the_waiting_thread() {
    let (init, _c, _s) = pair(Server::default());
    let me = thread::current().id();
    let depth_seen = Arc::new(AtomicU32::new(0));
    fn step(init: Arc<dyn Init>, me: thread::ThreadId, seen: Arc<AtomicU32>) -> Step {
        Arc::new(move |depth| {
            assert_eq!(thread::current().id(), me);
            seen.fetch_add(1, Ordering::SeqCst);
            if depth == 0 {
                return Ok(100);
            }
            Ok(init.down(depth - 1, step(init.clone(), me, seen.clone()))? + 1)
        })
    }
    assert_eq!(init.down(32, step(init.clone(), me, depth_seen.clone())), Ok(132));
    assert_eq!(depth_seen.load(Ordering::SeqCst), 33);
}

#[test]
fn large_messages_cross() {
    let (init, _c, _s) = pair(Server::default());
    let data: Vec<u8> = (0..32 << 20).map(|n: u32| (n % 251) as u8).collect();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert!(init.echo(data.clone()).unwrap() == data));
        }
    });
}

#[test]
fn failures_arrive() {
    let (init, _c, _s) = pair(Server::default());
    let boom = init.boom().unwrap_err();
    assert_eq!(boom.kind(), ExceptionKind::Remote);
    assert!(boom.message().contains("boom"), "{boom}");
    let fails = init.fails().unwrap_err();
    assert_eq!(fails.kind(), ExceptionKind::Remote);
    assert_eq!(fails.remote().unwrap().kind(), ExceptionKind::Disconnected);
    assert_eq!(init.add(1, 2), Ok(3));
}

#[test]
fn a_stored_callback_is_called_from_elsewhere_and_dropped() {
    let (init, _c, _s) = pair(Server::default());
    let (dropped, gone) = mpsc::channel();
    struct Tell(mpsc::Sender<()>);
    impl Drop for Tell {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let tell = Tell(dropped);
    init.store(Arc::new(move |x| {
        let _ = &tell;
        Ok(x * 2)
    }))
    .unwrap();
    assert_eq!(init.call_stored_elsewhere(21), Ok(42));
    init.forget().unwrap();
    gone.recv_timeout(Duration::from_secs(20)).unwrap();
}

#[test]
fn identity_survives() {
    let (init, _c, _s) = pair(Server::default());
    let mine: Arc<dyn Init> = Arc::new(Server::default());
    assert!(Arc::ptr_eq(&init.same(mine.clone()).unwrap(), &mine));
    assert!(Arc::ptr_eq(&init.same(init.clone()).unwrap(), &init));
}

#[test]
fn a_deadline_ends_a_call_and_gives_the_next_a_new_thread() {
    let (release, wait) = mpsc::channel();
    let server = Server { release: Mutex::new(Some(wait)), ..Server::default() };
    let (init, _c, _s) = pair(server);
    let before = init.thread().unwrap();
    let ended = ipc_core::deadline(Duration::from_millis(50), || init.block());
    assert_eq!(ended.unwrap_err().kind(), ExceptionKind::DeadlineExceeded);
    assert_ne!(init.thread().unwrap(), before);
    drop(release);
}

/// A plain Cap'n Proto client has no threads to name.
#[test]
fn calls_that_name_no_thread_do_not_wait_for_each_other() {
    let events = Arc::new(Events::default());
    let (ours, theirs) = Stream::pair().unwrap();
    let server = Server { events: events.clone(), ..Server::default() };
    let server = Capnp.accept(theirs, Arc::new(server) as Arc<dyn Init>, Options::default()).unwrap();
    let mut plain = Options::default();
    plain.plain = true;
    let init = Capnp.connect::<dyn Init>(ours, plain).unwrap().root;
    thread::scope(|scope| {
        let waiting = [1, 2].map(|event| {
            let init = init.clone();
            scope.spawn(move || init.wait_for(event))
        });
        while server.usage().server_threads < 2 {
            thread::yield_now();
        }
        assert_eq!(init.add(1, 2), Ok(3));
        events.set(1);
        events.set(2);
        for waiting in waiting {
            assert_eq!(waiting.join().unwrap(), Ok(()));
        }
    });
    // An object beside a context without threads.
    assert_eq!(init.down(7, Arc::new(|depth| Ok(depth * 2))), Ok(14));
    // One after the other needs no more threads.
    for n in 0..100 {
        assert_eq!(init.add(n, 1), Ok(n + 1));
    }
    assert!(server.usage().server_threads <= 4, "{:?}", server.usage());
}

#[test]
fn a_lost_connection_interrupts_and_then_refuses() {
    let (_release, wait) = mpsc::channel();
    let server = Server { release: Mutex::new(Some(wait)), ..Server::default() };
    let (init, client, server) = pair(server);
    let (told, tell) = mpsc::channel();
    client.on_disconnect(move |why| told.send(why.kind()).unwrap());
    thread::scope(|scope| {
        let blocked = scope.spawn(|| init.block());
        while server.usage().server_threads == 0 {
            thread::yield_now();
        }
        let _ = server.close(Duration::ZERO);
        assert_eq!(blocked.join().unwrap().unwrap_err().kind(), ExceptionKind::Interrupted);
    });
    assert_eq!(tell.recv(), Ok(ExceptionKind::Disconnected));
    assert_eq!(init.add(1, 2).unwrap_err().kind(), ExceptionKind::Disconnected);
    drop(_release);
}

/// Two threads run callbacks that wait for a third one's reply, and they stand in line for the reader's role before it.
#[test]
fn a_thread_that_runs_a_callback_leaves_the_reading_to_others() {
    const READER: u32 = 1;
    const CALLBACKS: u32 = 2;
    const LAST: u32 = 3;
    // Set without a call: one that is made anew would read, and hide that nobody does.
    let there = Arc::new(Events::default());
    let (init, client, _s) = pair(Server { events: there.clone(), ..Server::default() });
    let here = Arc::new(Events::default());
    thread::scope(|scope| {
        let calls = |n: usize| {
            while client.usage().calls < n {
                thread::yield_now();
            }
        };
        let reader = scope.spawn(|| init.wait_for(READER).unwrap());
        calls(1);
        for n in 0..2 {
            let step: Step = Arc::new({
                let here = here.clone();
                move |event| {
                    here.set(10 + n);
                    here.wait_for(LAST);
                    Ok(event)
                }
            });
            let init = init.clone();
            scope.spawn(move || assert_eq!(init.call_when(CALLBACKS, step), Ok(CALLBACKS)));
            calls(2 + n as usize);
        }
        let last = scope.spawn(|| {
            // Only against hanging.
            let ended = ipc_core::deadline(Duration::from_secs(20), || init.wait_for(LAST));
            here.set(LAST);
            ended
        });
        calls(4);
        there.set(CALLBACKS);
        here.wait_for(10);
        here.wait_for(11);
        there.set(READER);
        reader.join().unwrap();
        there.set(LAST);
        assert_eq!(last.join().unwrap(), Ok(()));
    });
}
