//! O2 and O7: what an object is after a round trip, and what it returns.

use std::sync::Arc;

use crate::{
    case::{Case, cases},
    cases::tools::{Tally, own, step},
    interfaces::{Account, Counter, Savings},
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    O2 ALL an_object_of_ours_comes_home;
    O2 ALL an_object_of_the_servers_goes_home;
    O2 ALL the_root_goes_home;
    O2 ALL one_object_has_one_proxy;
    O2 ALL closures_come_home;
    O2 ALL identity_survives_an_upcast;
    O2 ALL identity_survives_lists_and_options;
    O2 ALL lists_of_objects_of_which_some_are_missing;
    O2 ALL an_object_of_another_connection_works_through_this_one;
    O7 ALL returned_objects_return_objects;
    O7 ALL inherited_methods_work_on_returned_objects;
    O7 ALL closures_are_returned;
    O7 ALL objects_returned_in_callbacks;
};

fn an_object_of_ours_comes_home(world: &World) {
    let client = world.client();
    let ours = Tally::default().counter();
    for _ in 0..10 {
        assert!(Arc::ptr_eq(&client.same(ours.clone()).unwrap(), &ours));
    }
    client.keep("ours".into(), ours.clone()).unwrap();
    client.add_to_kept("ours".into(), 7, false).unwrap();
    let home = client.kept("ours".into()).unwrap().unwrap();
    assert!(Arc::ptr_eq(&home, &ours));
    assert_eq!(home.add(0), Ok(7));
}

fn an_object_of_the_servers_goes_home(world: &World) {
    let client = world.client();
    let theirs = client.own().unwrap();
    assert_eq!(client.is_own(theirs.clone()), Ok(true));
    assert_eq!(client.is_own(client.counter().unwrap()), Ok(false));
    assert_eq!(client.is_own(Tally::default().counter()), Ok(false));
    assert!(Arc::ptr_eq(&client.same(theirs.clone()).unwrap(), &theirs));
}

fn the_root_goes_home(world: &World) {
    let (client, other) = (world.client(), world.client());
    for _ in 0..3 {
        let root = client.root().unwrap();
        assert!(Arc::ptr_eq(&root, &client.lab));
        assert_eq!(client.is_root(root), Ok(true));
        assert_eq!(client.is_root(other.lab.clone()), Ok(false));
    }
    assert_eq!(other.is_root(other.lab.clone()), Ok(true));
}

fn one_object_has_one_proxy(world: &World) {
    let client = world.client();
    let first = client.own().unwrap();
    let second = client.kept("own".into()).unwrap().unwrap();
    assert!(Arc::ptr_eq(&first, &second));
}

fn closures_come_home(world: &World) {
    let client = world.client();
    let ours = Tally::default().step(|n| Ok(n * 2));
    let home = client.same_step(ours.clone()).unwrap();
    assert!(Arc::ptr_eq(&home, &ours));
    let theirs = client.adder(5).unwrap();
    let back = client.same_step(theirs.clone()).unwrap();
    assert_eq!((theirs(1), back(2)), (Ok(6), Ok(7)));
    drop((theirs, back));
    client.until_live(0);
}

fn identity_survives_an_upcast(world: &World) {
    let client = world.client();
    let ours = Tally::default().savings();
    let home = client.as_counter(ours.clone()).unwrap();
    assert!(std::ptr::addr_eq(Arc::as_ptr(&home), Arc::as_ptr(&ours)));
    let as_base: Arc<dyn Counter> = ours.clone();
    assert!(Arc::ptr_eq(&client.same(as_base).unwrap(), &home));
    // The server's: the proxy that goes as its base comes back as the same.
    let theirs = client.savings().unwrap();
    let base = client.as_counter(theirs.clone()).unwrap();
    theirs.add(100).unwrap();
    assert_eq!(base.add(1), Ok(101));
    assert!(std::ptr::addr_eq(Arc::as_ptr(&base), Arc::as_ptr(&theirs)));
}

fn identity_survives_lists_and_options(world: &World) {
    let client = world.client();
    assert!(client.maybe(None).unwrap().is_none());
    let tally = Tally::default();
    let mut all: Vec<_> = (0..5).map(|_| tally.counter()).collect();
    all.extend(client.counters(5).unwrap());
    // One of them twice.
    all.push(all[0].clone());
    let back = client.reversed(all.clone()).unwrap();
    assert_eq!(back.len(), all.len());
    assert!(all.iter().rev().zip(&back).all(|(sent, back)| Arc::ptr_eq(sent, back)));
    let some = client.maybe(Some(all[1].clone())).unwrap().unwrap();
    assert!(Arc::ptr_eq(&some, &all[1]));
    assert!(client.reversed(Vec::new()).unwrap().is_empty());
}

fn lists_of_objects_of_which_some_are_missing(world: &World) {
    let client = world.client();
    let tally = Tally::default();
    let (ours, theirs) = (tally.counter(), client.counter().unwrap());
    let some = [Some(ours.clone()), None, Some(theirs.clone()), None, None, Some(ours.clone())];
    for length in 0..=some.len() {
        let back = client.reversed_maybes(some[..length].to_vec()).unwrap();
        assert_eq!(back.len(), length);
        for (sent, back) in some[..length].iter().rev().zip(&back) {
            assert_eq!(sent.is_some(), back.is_some());
            assert!(sent.iter().zip(back).all(|(sent, back)| Arc::ptr_eq(sent, back)));
        }
    }
    assert_eq!((ours.add(1), theirs.add(2)), (Ok(1), Ok(2)));
    drop((some, ours, theirs));
    tally.until(0);
    client.until_live(0);
}

fn an_object_of_another_connection_works_through_this_one(world: &World) {
    let (one, other) = (world.client(), world.client());
    let of_one = one.counter().unwrap();
    of_one.add(5).unwrap();
    let through = other.same(of_one.clone()).unwrap();
    assert!(Arc::ptr_eq(&through, &of_one));
    other.keep("through".into(), of_one).unwrap();
    // The server calls us over the other connection, and we call it over the one.
    assert_eq!(other.add_to_kept("through".into(), 2, false), Ok(7));
    assert_eq!(other.forget("through".into()), Ok(true));
    drop(through);
    one.until_live(0);
}

fn returned_objects_return_objects(world: &World) {
    let client = world.client();
    let mut counter = client.counter().unwrap();
    for n in 1..=20 {
        assert_eq!(counter.add(1), Ok(n));
        counter = counter.child().unwrap();
    }
    assert_eq!(counter.add(0), Ok(20));
    drop(counter);
    client.until_live(0);
}

fn inherited_methods_work_on_returned_objects(world: &World) {
    let savings = world.client().savings().unwrap();
    assert_eq!(savings.add(200), Ok(200));
    assert_eq!(savings.interest(10), Ok(220));
    let account: Arc<dyn Account> = savings.clone();
    assert_eq!(account.balance(), Ok(220));
    let counter: Arc<dyn Counter> = account;
    assert_eq!(counter.child().unwrap().add(1), Ok(221));
    let same: Arc<dyn Savings> = savings;
    assert_eq!(same.interest(0), Ok(220));
}

fn closures_are_returned(world: &World) {
    let client = world.client();
    let adders: Vec<_> = (0..10).map(|n| client.adder(n).unwrap()).collect();
    for (n, adder) in (0..).zip(&adders) {
        assert_eq!(adder(100), Ok(100 + n));
    }
    assert_eq!(client.live(), Ok(10));
    // The server calls its own closure, that went out and came home.
    assert_eq!(client.down(1, adders[7].clone()), Ok(8));
    drop(adders);
    client.until_live(0);
}

fn objects_returned_in_callbacks(world: &World) {
    let client = world.client();
    let lab = client.lab.clone();
    let nested = step(move |n| {
        let child = lab.counter()?.child()?;
        child.add(u64::from(n))?;
        let back = lab.same(child.clone())?;
        if !Arc::ptr_eq(&back, &child) {
            return Err(own("it came back as another proxy"));
        }
        Ok(back.add(1)? as u32)
    });
    for n in 0..20 {
        assert_eq!(client.down(n, nested.clone()), Ok(n + 1));
    }
    client.until_live(0);
}
