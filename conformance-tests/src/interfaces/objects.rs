//! Objects that live, are kept and die.

use std::sync::Arc;

use ipc_core::Result;
use ipc_macros::interface;

use super::{Step, Tell};

/// An object with a state. Its `Drop` is counted.
#[interface]
pub trait Counter: Send + Sync {
    /// Adds, and gives the sum.
    fn add(&self, number: u64) -> Result<u64>;
    /// Another one, that starts where this one is.
    fn child(&self) -> Result<Arc<dyn Counter>>;
}

/// An interface that others extend.
#[interface]
pub trait Account: Counter {
    /// The sum.
    fn balance(&self) -> Result<u64>;
}

/// One that extends it.
#[interface]
pub trait Savings: Account {
    /// Adds a share of itself, in percent.
    fn interest(&self, percent: u64) -> Result<u64>;
}

/// An object whose last proxy waits for its destructor.
#[interface(destroy)]
pub trait Owned: Send + Sync {
    /// The thread that runs this, by number.
    fn thread(&self) -> Result<u64>;
}

/// Objects of the server's, and objects that the server keeps.
#[interface]
pub trait Objects: Send + Sync {
    /// A new object of the server's.
    fn counter(&self) -> Result<Arc<dyn Counter>>;
    /// Many.
    fn counters(&self, count: u32) -> Result<Vec<Arc<dyn Counter>>>;
    /// One that implements an interface derived twice.
    fn savings(&self) -> Result<Arc<dyn Savings>>;
    /// The same object as a base of its interface.
    fn as_counter(&self, savings: Arc<dyn Savings>) -> Result<Arc<dyn Counter>>;
    /// The same object.
    fn same(&self, counter: Arc<dyn Counter>) -> Result<Arc<dyn Counter>>;
    /// The same, or none.
    fn maybe(&self, counter: Option<Arc<dyn Counter>>) -> Result<Option<Arc<dyn Counter>>>;
    /// The same, of which some may be missing, in reverse order.
    fn reversed_maybes(&self, counters: Vec<Option<Arc<dyn Counter>>>) -> Result<Vec<Option<Arc<dyn Counter>>>>;
    /// The same, in reverse order.
    fn reversed(&self, counters: Vec<Arc<dyn Counter>>) -> Result<Vec<Arc<dyn Counter>>>;
    /// A new object of the server's that it keeps, under the name `own`.
    fn own(&self) -> Result<Arc<dyn Counter>>;
    /// Whether it is that object, and not a proxy for it.
    fn is_own(&self, counter: Arc<dyn Counter>) -> Result<bool>;
    /// The same closure.
    fn same_step(&self, step: Step) -> Result<Step>;
    /// A closure of the server's, that adds.
    fn adder(&self, number: u32) -> Result<Step>;
    /// Keeps an object under a name.
    fn keep(&self, name: String, counter: Arc<dyn Counter>) -> Result<()>;
    /// The object of that name.
    fn kept(&self, name: String) -> Result<Option<Arc<dyn Counter>>>;
    /// Adds to the kept object, here or on a thread of its own.
    fn add_to_kept(&self, name: String, number: u64, elsewhere: bool) -> Result<u64>;
    /// Keeps a callback under a name.
    fn keep_step(&self, name: String, step: Step) -> Result<()>;
    /// Calls the kept callback, here or on a thread of its own.
    fn call_kept(&self, name: String, number: u32, elsewhere: bool) -> Result<u32>;
    /// Drops the object and the callback of that name. Whether there was any.
    fn forget(&self, name: String) -> Result<bool>;
    /// An object whose drop tells its thread, and waits for the event if it has a name.
    fn owned(&self, event: String, dropped: Tell) -> Result<Arc<dyn Owned>>;
}
