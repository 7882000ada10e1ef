//! Objects of this process's, and objects that it keeps.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use ipc_core::{Exception, ExceptionKind, Result, threads};

use super::{Root, events::Events, lock};
use crate::interfaces::{Account, Counter, Objects, Owned, Savings, Step, Tell};

/// An object with a state, counted while it lives.
pub(crate) struct Sum {
    sum: AtomicU64,
    live: Arc<AtomicU64>,
}

impl Sum {
    /// One more.
    pub(crate) fn new(sum: u64, live: &Arc<AtomicU64>) -> Self {
        live.fetch_add(1, Ordering::SeqCst);
        Self { sum: AtomicU64::new(sum), live: live.clone() }
    }
}

impl Drop for Sum {
    fn drop(&mut self) {
        self.live.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Counter for Sum {
    fn add(&self, number: u64) -> Result<u64> {
        Ok(self.sum.fetch_add(number, Ordering::SeqCst) + number)
    }

    fn child(&self) -> Result<Arc<dyn Counter>> {
        Ok(Arc::new(Self::new(self.sum.load(Ordering::SeqCst), &self.live)))
    }
}

impl Account for Sum {
    fn balance(&self) -> Result<u64> {
        Ok(self.sum.load(Ordering::SeqCst))
    }
}

impl Savings for Sum {
    fn interest(&self, percent: u64) -> Result<u64> {
        self.add(self.balance()? * percent / 100)
    }
}

/// Tells its drop.
struct Property {
    event: String,
    /// The connection that it was made over.
    number: u64,
    events: Arc<Events>,
    dropped: Tell,
    live: Arc<AtomicU64>,
}

impl Owned for Property {
    fn thread(&self) -> Result<u64> {
        Ok(threads::sequence())
    }
}

impl Drop for Property {
    fn drop(&mut self) {
        if !self.event.is_empty() {
            self.events.wait(&self.event, self.number);
        }
        // It may be that nobody is there any more to be told.
        let _ = (self.dropped)(threads::sequence());
        self.live.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Root {
    fn sum(&self) -> Arc<Sum> {
        Arc::new(Sum::new(0, &self.server.live))
    }
}

impl Objects for Root {
    fn counter(&self) -> Result<Arc<dyn Counter>> {
        Ok(self.sum())
    }

    fn counters(&self, count: u32) -> Result<Vec<Arc<dyn Counter>>> {
        Ok((0..count).map(|_| self.sum() as Arc<dyn Counter>).collect())
    }

    fn savings(&self) -> Result<Arc<dyn Savings>> {
        Ok(self.sum())
    }

    fn as_counter(&self, savings: Arc<dyn Savings>) -> Result<Arc<dyn Counter>> {
        Ok(savings)
    }

    fn same(&self, counter: Arc<dyn Counter>) -> Result<Arc<dyn Counter>> {
        Ok(counter)
    }

    fn maybe(&self, counter: Option<Arc<dyn Counter>>) -> Result<Option<Arc<dyn Counter>>> {
        Ok(counter)
    }

    fn reversed(&self, mut counters: Vec<Arc<dyn Counter>>) -> Result<Vec<Arc<dyn Counter>>> {
        counters.reverse();
        Ok(counters)
    }

    fn reversed_maybes(&self, mut counters: Vec<Option<Arc<dyn Counter>>>) -> Result<Vec<Option<Arc<dyn Counter>>>> {
        counters.reverse();
        Ok(counters)
    }

    fn own(&self) -> Result<Arc<dyn Counter>> {
        let own = self.sum();
        self.keep(OWN.into(), own.clone())?;
        Ok(own)
    }

    fn is_own(&self, counter: Arc<dyn Counter>) -> Result<bool> {
        let kept = lock(&self.server.objects).get(OWN).cloned();
        Ok(kept.is_some_and(|kept| Arc::ptr_eq(&kept, &counter)))
    }

    fn same_step(&self, step: Step) -> Result<Step> {
        Ok(step)
    }

    fn adder(&self, number: u32) -> Result<Step> {
        let counted = self.sum();
        Ok(Arc::new(move |to| {
            counted.add(1)?;
            Ok(to + number)
        }))
    }

    fn keep(&self, name: String, counter: Arc<dyn Counter>) -> Result<()> {
        let former = lock(&self.server.objects).insert(name, counter);
        drop(former);
        Ok(())
    }

    fn kept(&self, name: String) -> Result<Option<Arc<dyn Counter>>> {
        Ok(lock(&self.server.objects).get(&name).cloned())
    }

    fn add_to_kept(&self, name: String, number: u64, elsewhere: bool) -> Result<u64> {
        let kept = lock(&self.server.objects).get(&name).cloned().ok_or_else(nothing)?;
        here_or_there(elsewhere, move || kept.add(number))
    }

    fn keep_step(&self, name: String, step: Step) -> Result<()> {
        let former = lock(&self.server.steps).insert(name, step);
        drop(former);
        Ok(())
    }

    fn call_kept(&self, name: String, number: u32, elsewhere: bool) -> Result<u32> {
        let kept = lock(&self.server.steps).get(&name).cloned().ok_or_else(nothing)?;
        here_or_there(elsewhere, move || kept(number))
    }

    fn forget(&self, name: String) -> Result<bool> {
        let object = lock(&self.server.objects).remove(&name);
        let step = lock(&self.server.steps).remove(&name);
        Ok(object.is_some() || step.is_some())
    }

    fn owned(&self, event: String, dropped: Tell) -> Result<Arc<dyn Owned>> {
        self.server.live.fetch_add(1, Ordering::SeqCst);
        let (events, live) = (self.server.events.clone(), self.server.live.clone());
        Ok(Arc::new(Property { event, number: self.number, events, dropped, live }))
    }
}

const OWN: &str = "own";

fn here_or_there<T: Send + 'static>(elsewhere: bool, call: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    if !elsewhere {
        return call();
    }
    // Dropped on this thread or that, whichever is last.
    thread::spawn(call).join().unwrap_or_else(|_| Err(Exception::new(ExceptionKind::Remote, "the thread panicked")))
}

fn nothing() -> Exception {
    Exception::new(ExceptionKind::Remote, "nothing is kept under this name")
}
