//! The reader's role in many orders of the threads: whoever reads, all that comes is read, and all that waits is written.
//!
//! The decisions are the real ones. The socket, the poller and the peer are models: of the poller, that it tells once of what
//! it was asked to watch for, and ticks. A thread that waits does what [`wait`](super::super::wait) has it do.

use std::collections::VecDeque;

use ipc_core::{explore, threads::Waiter};
use shuttle::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::{Interest, Readable, Role, RoleGuard};

/// A connection, its peer and the poller.
#[derive(Default)]
struct Model {
    role: Role<Model>,
    socket: Mutex<Socket>,
    changed: Condvar,
}

#[derive(Default)]
struct Socket {
    /// What came and is not read: whose reply.
    arrived: VecDeque<usize>,
    /// Calls that nobody has answered.
    sent: VecDeque<usize>,
    /// What the poller watches for.
    watched: Interest,
    /// The poller is to tick.
    dirty: bool,
    /// Bytes wait until the socket takes them; and whether it does.
    waits: bool,
    takes: bool,
    over: bool,
}

/// A thread that waits for a reply.
#[derive(Clone, Default)]
struct Caller {
    waiter: Arc<Waiter>,
    done: Arc<AtomicBool>,
}

impl Readable for Model {
    fn role(&self) -> &Role<Self> {
        &self.role
    }

    fn is_full(&self) -> bool {
        self.socket().waits
    }

    fn watch(&self, interest: Interest) {
        self.change(|socket| socket.watched = interest);
    }

    fn mark_dirty(&self) {
        self.change(|socket| socket.dirty = true);
    }
}

impl Model {
    fn socket(&self) -> MutexGuard<'_, Socket> {
        self.socket.lock().unwrap()
    }

    fn change(&self, change: impl FnOnce(&mut Socket)) {
        change(&mut self.socket());
        self.changed.notify_all();
    }

    fn until<T>(&self, mut ready: impl FnMut(&mut Socket) -> Option<T>) -> T {
        let mut socket = self.socket();
        loop {
            if let Some(value) = ready(&mut socket) {
                return value;
            }
            socket = self.changed.wait(socket).unwrap();
        }
    }

    /// Blocks in the socket, as the reader does; writes meanwhile what waits.
    fn read(&self, callers: &[Caller]) {
        let arrived = self.until(|socket| {
            if socket.waits && socket.takes {
                socket.waits = false;
            }
            socket.arrived.pop_front()
        });
        // The writer may wait for that.
        self.changed.notify_all();
        self.hand_out(arrived, callers);
    }

    fn hand_out(&self, arrived: usize, callers: &[Caller]) {
        if let Some(caller) = callers.get(arrived) {
            caller.done.store(true, Ordering::SeqCst);
            caller.waiter.notify();
        }
    }

    fn wait(&self, me: usize, callers: &[Caller]) {
        let Caller { waiter, done } = &callers[me];
        while !done.load(Ordering::SeqCst) {
            let Some(role) = self.role.take(self, waiter) else {
                waiter.park(None);
                continue;
            };
            while !done.load(Ordering::SeqCst) {
                self.read(callers);
            }
            return role.rest();
        }
        self.role.leave(self, waiter);
    }

    /// One after the other, until it is over.
    fn poll(&self, callers: &[Caller]) {
        enum Event {
            Tick,
            Ready { readable: bool, writable: bool },
            Over,
        }
        loop {
            let event = self.until(|socket| {
                let readable = socket.watched.read && !socket.arrived.is_empty();
                let writable = socket.watched.write && socket.takes;
                if readable || writable {
                    socket.watched = Interest::default();
                    return Some(Event::Ready { readable, writable });
                }
                if std::mem::take(&mut socket.dirty) {
                    return Some(Event::Tick);
                }
                socket.over.then_some(Event::Over)
            });
            match event {
                Event::Over => return,
                Event::Tick => self.role.tick(self),
                Event::Ready { readable, writable } => {
                    self.role.fired();
                    if writable {
                        self.change(|socket| socket.waits = false);
                    }
                    let Some(_role) = self.role.polled(self, readable) else { continue };
                    while let Some(arrived) = { self.socket().arrived.pop_front() } {
                        self.hand_out(arrived, callers);
                    }
                    self.changed.notify_all();
                }
            }
        }
    }

    /// The peer: answers so many calls.
    fn answer(&self, calls: usize) {
        for _ in 0..calls {
            let call = self.until(|socket| socket.sent.pop_front());
            self.change(|socket| socket.arrived.push_back(call));
        }
    }

    fn send(&self, call: usize) {
        self.change(|socket| socket.sent.push_back(call));
    }

    fn until_all_is_read(&self) {
        self.until(|socket| (socket.arrived.is_empty() && socket.sent.is_empty()).then_some(()));
    }
}

/// Runs threads over a connection, with its peer, which answers `calls`, and its poller.
fn run(callers: usize, calls: usize, threads: Vec<fn(usize, &Model, &[Caller])>) {
    let model = Arc::new(Model::default());
    let callers: Arc<[Caller]> = (0..callers).map(|_| Caller::default()).collect();
    let poller = {
        let (model, callers) = (model.clone(), callers.clone());
        thread::spawn(move || model.poll(&callers))
    };
    model.role.arm(&*model);
    let peer = {
        let model = model.clone();
        thread::spawn(move || model.answer(calls))
    };
    let threads: Vec<_> = threads
        .into_iter()
        .enumerate()
        .map(|(me, run)| {
            let (model, callers) = (model.clone(), callers.clone());
            thread::spawn(move || run(me, &model, &callers))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    peer.join().unwrap();
    // Now that nobody waits, the poller reads what comes.
    model.change(|socket| socket.arrived.push_back(usize::MAX));
    model.until_all_is_read();
    model.change(|socket| socket.over = true);
    poller.join().unwrap();
}

/// It sends, and waits.
fn call(me: usize, model: &Model, callers: &[Caller]) {
    model.send(me);
    model.wait(me, callers);
}

/// It keeps the role for the answer, as callers do.
fn keep_and_call(me: usize, model: &Model, callers: &[Caller]) {
    model.role.keep(model, &callers[me].waiter);
    model.send(me);
    model.wait(me, callers);
    model.role.end_keep(model, &callers[me].waiter);
}

/// It keeps the role, and is long in coming: it needs what only somebody else can read.
fn keep_and_wait_for_another(me: usize, model: &Model, callers: &[Caller]) {
    model.role.keep(model, &callers[me].waiter);
    model.send(me);
    while !callers[me].done.load(Ordering::SeqCst) {
        callers[me].waiter.park(None);
    }
    model.role.end_keep(model, &callers[me].waiter);
}

/// It reads for itself, and then keeps the role for the next call.
fn call_twice(me: usize, model: &Model, callers: &[Caller]) {
    let Caller { waiter, done } = &callers[me];
    model.send(me);
    loop {
        match model.role.try_take(model, waiter) {
            Some(role) if !done.load(Ordering::SeqCst) => {
                model.read(callers);
                RoleGuard::keep(role, waiter);
            }
            _ if done.load(Ordering::SeqCst) => break,
            _ => drop(waiter.park(None)),
        }
    }
    model.role.leave(model, waiter);
    done.store(false, Ordering::SeqCst);
    keep_and_call(me, model, callers);
}

/// It makes calls one after the other, and may rest between them.
fn call_often(me: usize, model: &Model, callers: &[Caller]) {
    for _ in 0..3 {
        keep_and_call(me, model, callers);
        callers[me].done.store(false, Ordering::SeqCst);
    }
}

/// It gives up at any moment, in line or not.
fn give_up(me: usize, model: &Model, callers: &[Caller]) {
    model.send(me);
    let waiter = &callers[me].waiter;
    let role = model.role.take(model, waiter);
    drop(role);
    model.role.leave(model, waiter);
}

/// It writes more than the socket takes, and does not wait for anything but that.
fn write(_: usize, model: &Model, _: &[Caller]) {
    model.change(|socket| (socket.waits, socket.takes) = (true, false));
    model.role.want_write(model);
    model.change(|socket| socket.takes = true);
    model.until(|socket| (!socket.waits).then_some(()));
}

#[test]
fn every_caller_gets_its_reply() {
    explore(|| run(3, 3, vec![call, keep_and_call, call]));
}

#[test]
fn a_role_that_is_kept_is_given_up_at_the_next_tick() {
    explore(|| run(2, 2, vec![keep_and_wait_for_another, call]));
}

#[test]
fn a_role_that_is_kept_goes_on_to_the_next_call() {
    explore(|| run(2, 3, vec![call_twice, call]));
}

#[test]
fn a_role_that_rests_is_there_for_others_and_watched_from_the_next_tick_on() {
    explore(|| run(2, 4, vec![call_often, call]));
    explore(|| run(2, 6, vec![call_often, call_often]));
}

#[test]
fn who_gives_up_takes_the_role_from_nobody() {
    explore(|| run(3, 3, vec![give_up, keep_and_call, call]));
}

#[test]
fn what_waits_is_written_whoever_reads() {
    explore(|| run(2, 2, vec![keep_and_call, call, write]));
}

#[test]
fn who_waits_is_told_of_the_end() {
    explore(|| {
        let model = Arc::new(Model::default());
        let over = Arc::new(AtomicBool::new(false));
        let held = model.role.take(&*model, &Arc::default());
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let (model, over) = (model.clone(), over.clone());
                thread::spawn(move || {
                    let waiter = Waiter::current();
                    while !over.load(Ordering::SeqCst) {
                        match model.role.take(&*model, &waiter) {
                            None => drop(waiter.park(None)),
                            Some(_) => panic!("it is held"),
                        }
                    }
                    model.role.leave(&*model, &waiter);
                })
            })
            .collect();
        over.store(true, Ordering::SeqCst);
        model.role.end();
        waiting.into_iter().for_each(|thread| thread.join().unwrap());
        drop(held);
    });
}
