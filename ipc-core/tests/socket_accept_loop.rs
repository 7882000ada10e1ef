//! The loop that accepts: its bound, its end, and what a bad callback costs.

#[path = "process/watchdog.rs"]
mod watchdog;

use std::{
    num::NonZeroUsize,
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use ipc_core::{AcceptLoop, Address, BindOptions, Listener, Slots, Stream};
use tempfile::TempDir;

fn listener() -> (TempDir, Listener) {
    let dir = tempfile::tempdir().unwrap();
    let address = Address::unix(dir.path().join("a")).unwrap();
    (dir, Listener::bind(&address, &BindOptions::new()).unwrap())
}

fn most(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

#[test]
fn further_connections_wait_until_one_ends() {
    watchdog::start();
    let (_dir, listener) = listener();
    let (served, serving) = channel();
    let accepting =
        AcceptLoop::start(listener, most(2), move |stream, slot| served.send((stream, slot)).unwrap()).unwrap();
    let clients: Vec<_> = (0..4).map(|_| Stream::connect(accepting.address()).unwrap()).collect();

    let first = serving.recv().unwrap();
    let second = serving.recv().unwrap();
    assert_eq!(serving.recv_timeout(Duration::from_millis(100)).unwrap_err(), RecvTimeoutError::Timeout);
    drop(first);
    let third = serving.recv().unwrap();
    assert_eq!(accepting.slots().taken(), 2);
    drop((second, third));
    let fourth = serving.recv().unwrap();
    drop(clients);
    assert_eq!(fourth.0.recv(&mut [0; 8]).unwrap(), 0);
    assert!(!accepting.slots().wait_empty(Duration::ZERO));
}

#[test]
fn only_connections_take_slots() {
    watchdog::start();
    let (_dir, listener) = listener();
    let (served, serving) = channel();
    let accepting =
        AcceptLoop::start(listener, most(2), move |stream, slot| served.send((stream, slot)).unwrap()).unwrap();
    let slots = accepting.slots().clone();
    for _ in 0..3 {
        let _client = Stream::connect(accepting.address()).unwrap();
        let first = serving.recv().unwrap();
        let _other = Stream::connect(accepting.address()).unwrap();
        let second = serving.recv().unwrap();
        assert_eq!(slots.taken(), 2);
        drop(first);
        assert_eq!(slots.taken(), 1);
        drop(second);
        // While it accepts on.
        assert!(slots.wait_empty(Duration::from_secs(60)));
    }
    accepting.stop().unwrap();
}

#[test]
fn stopping_ends_the_listener_and_leaves_the_connections() {
    watchdog::start();
    for connections in [0, 1] {
        let (dir, listener) = listener();
        let (served, serving) = channel();
        let accepting =
            AcceptLoop::start(listener, most(1), move |stream, slot| served.send((stream, slot)).unwrap()).unwrap();
        let slots = accepting.slots().clone();
        let address = accepting.address().clone();
        let pairs: Vec<_> =
            (0..connections).map(|_| (Stream::connect(&address).unwrap(), serving.recv().unwrap())).collect();
        // With a connection it waits for the slot, without one for a peer.
        accepting.stop().unwrap();
        assert!(serving.recv().is_err(), "the callback is gone with the thread");
        assert!(!dir.path().join("a").exists());
        for (client, (server, _slot)) in &pairs {
            server.send(b"x").unwrap();
            assert_eq!(client.recv(&mut [0; 8]).unwrap(), 1);
        }
        assert_eq!(slots.taken(), connections);
        drop(pairs);
        assert!(slots.wait_empty(Duration::ZERO));
    }
}

#[test]
fn a_panic_of_the_callback_costs_its_stream_only() {
    watchdog::start();
    let (_dir, listener) = listener();
    let (served, serving) = channel();
    let mut first = true;
    let accepting = AcceptLoop::start(listener, most(1), move |stream, slot| {
        assert!(!std::mem::take(&mut first), "on purpose");
        served.send((stream, slot)).unwrap();
    })
    .unwrap();
    let unlucky = Stream::connect(accepting.address()).unwrap();
    assert_eq!(unlucky.recv(&mut [0; 8]).unwrap(), 0);
    let _lucky = Stream::connect(accepting.address()).unwrap();
    drop(serving.recv().unwrap());
}

#[test]
fn the_loop_can_end_in_its_own_callback() {
    watchdog::start();
    let (_dir, listener) = listener();
    let (hand_in, handed_in) = channel::<AcceptLoop>();
    let (done, when_done) = channel();
    let accepting = AcceptLoop::start(listener, most(1), move |_stream, _slot| {
        drop(handed_in.recv().unwrap());
        done.send(()).unwrap();
    })
    .unwrap();
    let address = accepting.address().clone();
    hand_in.send(accepting).unwrap();
    let _client = Stream::connect(&address).unwrap();
    when_done.recv().unwrap();
    assert!(when_done.recv().is_err(), "the thread has ended");
}

#[test]
fn a_slot_is_free_again_after_its_drop() {
    watchdog::start();
    let slots = Slots::new(most(1));
    let slot = slots.take();
    assert_eq!(slots.taken(), 1);
    let (taken, when_taken) = channel();
    let waiter = thread::spawn({
        let slots = slots.clone();
        move || taken.send(slots.take()).unwrap()
    });
    assert!(when_taken.try_recv().is_err());
    drop(slot);
    let second = when_taken.recv().unwrap();
    assert!(second.is_some());
    assert_eq!(slots.taken(), 1);
    waiter.join().unwrap();
}

#[test]
fn closing_ends_the_wait_for_a_slot_and_leaves_the_taken_ones() {
    watchdog::start();
    let slots = Slots::new(most(1));
    let slot = slots.take();
    let waiter = thread::spawn({
        let slots = slots.clone();
        move || slots.take().is_none()
    });
    slots.close();
    assert!(waiter.join().unwrap());
    assert!(!slots.wait_empty(Duration::ZERO));
    drop(slot);
    assert!(slots.wait_empty(Duration::ZERO));
    assert!(slots.take().is_none());
}
