//! What the peers call.

use std::sync::{
    Arc, Condvar, Mutex, Weak,
    atomic::{AtomicUsize, Ordering},
};

use ipc_core::Result;
use ipc_macros::interface;

#[interface(bootstrap)]
pub(crate) trait Hostile: Send + Sync {
    /// Blocks until the gate is open.
    fn block(&self, text: String) -> Result<()>;
    /// The same; then gives an object.
    fn quick(&self) -> Result<Arc<dyn Quick>>;
    /// So many bytes.
    fn bytes(&self, count: u64) -> Result<Vec<u8>>;
    /// The same object each time, while the peer has it.
    fn owned(&self) -> Result<Arc<dyn Owned>>;
    #[method(no_context)]
    fn now(&self) -> Result<u32>;
}

#[interface]
pub(crate) trait Quick: Send + Sync {
    #[method(no_context)]
    fn answer(&self) -> Result<u32>;
    fn answer_on_worker(&self) -> Result<u32>;
}

#[interface(destroy)]
pub(crate) trait Owned: Send + Sync {
    fn touch(&self) -> Result<u32>;
}

/// The server, as a test sees it.
#[derive(Default)]
pub(crate) struct Server {
    gate: Mutex<Gate>,
    changed: Condvar,
    /// How often `bytes` ran.
    pub(crate) runs: AtomicUsize,
    owned: Mutex<Weak<Property>>,
    /// How many objects with `destroy` were dropped.
    pub(crate) dropped: Arc<AtomicUsize>,
}

/// Where handlers wait.
#[derive(Default)]
struct Gate {
    open: bool,
    /// How many wait.
    waiting: usize,
}

impl Server {
    /// Lets all go on, from now on or from now on no more.
    pub(crate) fn open_gate(&self, open: bool) {
        self.gate.lock().unwrap().open = open;
        self.changed.notify_all();
    }

    /// Blocks until somebody waits at the gate.
    pub(crate) fn until_blocked(&self) {
        drop(self.changed.wait_while(self.gate.lock().unwrap(), |gate| gate.waiting == 0).unwrap());
    }

    fn wait(&self) {
        let mut gate = self.gate.lock().unwrap();
        gate.waiting += 1;
        self.changed.notify_all();
        gate = self.changed.wait_while(gate, |gate| !gate.open).unwrap();
        gate.waiting -= 1;
    }
}

impl Hostile for Server {
    fn block(&self, _: String) -> Result<()> {
        self.wait();
        Ok(())
    }

    fn quick(&self) -> Result<Arc<dyn Quick>> {
        self.wait();
        Ok(Arc::new(Answers))
    }

    fn bytes(&self, count: u64) -> Result<Vec<u8>> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        Ok(vec![7; count as usize])
    }

    fn owned(&self) -> Result<Arc<dyn Owned>> {
        let mut owned = self.owned.lock().unwrap();
        let object = owned.upgrade().unwrap_or_else(|| Arc::new(Property(self.dropped.clone())));
        *owned = Arc::downgrade(&object);
        Ok(object)
    }

    fn now(&self) -> Result<u32> {
        Ok(42)
    }
}

struct Answers;

impl Quick for Answers {
    fn answer(&self) -> Result<u32> {
        Ok(42)
    }

    fn answer_on_worker(&self) -> Result<u32> {
        Ok(42)
    }
}

struct Property(Arc<AtomicUsize>);

impl Owned for Property {
    fn touch(&self) -> Result<u32> {
        Ok(42)
    }
}

impl Drop for Property {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
