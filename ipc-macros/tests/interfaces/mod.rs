//! The interfaces of the tests.

mod answers;

use std::{fmt::Debug, net::Ipv4Addr, sync::Arc, time::Duration};

use ipc_core::Result;
use ipc_macros::interface;

pub(crate) use answers::Answering;

use super::types::*;

#[interface]
pub(crate) trait Root: Send + Sync {
    fn root(&self) -> Result<String>;
}

#[interface]
pub(crate) trait Base: Root {
    fn version(&self, offset: u32) -> Result<u32>;
}

#[interface]
pub(crate) trait Other: Send + Sync {
    fn other(&self) -> Result<Color>;
}

#[interface(bootstrap)]
pub(crate) trait Init: Base + Other + Debug + 'static {
    fn chain(&self) -> Result<Arc<dyn Chain>>;
    fn same(&self, object: Arc<dyn Base>) -> Result<Arc<dyn Root>>;
    fn maybe(&self, object: Option<Arc<dyn Root>>) -> Result<Option<Arc<dyn Root>>>;
}

pub(crate) type Visit = Arc<dyn Fn(u32, Color) -> Result<bool, Failure> + Send + Sync>;

#[interface]
pub(crate) trait Chain: Send + Sync {
    fn height(&self) -> Result<u32>;
    fn find(&self, what: Figure) -> Result<Page<u32>, Failure>;
    fn scan(&self, from: u32, visit: Visit) -> Result<u32, Failure>;
    fn adder(&self, offset: u32) -> Result<Arc<dyn Fn(u32) -> Result<u32> + Send + Sync>>;
    fn itself(&self, chain: Arc<dyn Chain>) -> Result<Arc<dyn Chain>>;
}

pub(crate) type Checked = (u8, bool);

///   What moves nowhere,
/// and stays.
///
/// More is not in the schema.
#[interface(bootstrap, id = 0x8000_0000_dead_beef, destroy = 5)]
pub(crate) trait Pinned: Send + Sync {
    #[method(no_context, since = "31")]
    fn interrupt(&self) -> Result<()>;
    #[method(ordinal = 4, name = "checkBlock", results(reason, result, type))]
    fn check(
        &self,
        #[value(name = "opts")] options: Checked,
        #[value(has)] note: Option<String>,
        #[value(default = 21)] limit: u32,
    ) -> Result<(String, bool, u8)>;
}

#[interface(bootstrap, id = 0x8000_0000_dead_beef, name = "Pinned")]
pub(crate) trait PinnedNewer: Send + Sync {
    fn interrupt(&self) -> Result<()>;
    #[method(ordinal = 9)]
    fn added(&self) -> Result<()>;
}

/// An alias, which no macro sees through.
pub(crate) type Triple = Result<(String, Option<u8>, Figure)>;

#[interface]
pub(crate) trait Several: Send + Sync {
    #[method(results(a, b, c))]
    fn three(&self, number: u8) -> Triple;
    #[method(results())]
    fn none(&self) -> Result<()>;
    #[method(results(pair))]
    fn one(&self) -> Result<(u8, u8)>;
    #[method(results(reason: String, result: bool))]
    fn converted(&self, fine: bool) -> Result<Judgement>;
    #[method(has)]
    fn maybe(&self, value: Option<String>) -> Result<Option<String>>;
}

/// Crosses as two results.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Judgement {
    Fine,
    Bad(String),
}

impl From<(String, bool)> for Judgement {
    fn from((reason, fine): (String, bool)) -> Self {
        if fine { Self::Fine } else { Self::Bad(reason) }
    }
}

impl From<Judgement> for (String, bool) {
    fn from(judgement: Judgement) -> Self {
        match judgement {
            Judgement::Fine => (String::new(), true),
            Judgement::Bad(reason) => (reason, false),
        }
    }
}

#[interface]
pub(crate) trait Hooks: Send + Sync {
    #[method(with = option(address))]
    fn first(&self, #[value(with = list(address))] addresses: Vec<Ipv4Addr>) -> Result<Option<Ipv4Addr>>;
    #[method(with = milliseconds)]
    fn wait(&self, #[value(with = milliseconds, default = 1000_u32)] timeout: Duration) -> Result<Duration, Failure>;
    fn foreign(&self, #[value(opaque)] foreign: Foreign, number: u8) -> Result<String>;
}

#[interface(destroy)]
pub(crate) trait Numbered: Send + Sync {
    fn a(&self) -> Result<()>;
    #[method(ordinal = 0)]
    fn b(&self) -> Result<()>;
    fn c(&self) -> Result<()>;
    #[method(ordinal = 3)]
    fn d(&self) -> Result<()>;
    fn e(&self) -> Result<()>;
}

#[interface(destroy)]
pub(crate) trait Destroyed: Send + Sync {
    fn first(&self) -> Result<()>;
    fn second(&self) -> Result<()>;
}

#[interface]
pub(crate) trait Sink<T: Clone>: Send + Sync {
    fn put(&self, value: T, more: Option<T>) -> Result<Vec<T>>;
}

#[interface]
pub(crate) trait Texts: Sink<String> {
    fn clear(&self) -> Result<u32>;
}

#[interface]
pub(crate) trait Matrix<T, const N: usize>: Send + Sync {
    fn flip(&self, grid: Grid<T, N>) -> Result<Grid<T, N>, Failure>;
}

#[interface]
pub(crate) trait Names: Send + Sync {
    fn proxy(&self, this: u32, call: u32, interface: u32, ordinal: u32) -> Result<u32>;
    fn clone(&self) -> Result<u32>;
    fn dispatch(&self) -> Result<u32>;
    fn call(&self, result: u32) -> Result<u32>;
    fn start(&self, remote: u32) -> Result<u32>;
    fn remote(&self) -> Result<u32>;
    fn r#type(&self, r#match: u32) -> Result<u32>;
    #[deprecated = "still answered"]
    fn upcast(&self) -> Result<u32>;
}

macro_rules! made {
    ($name:ident { $method:ident($($param:ident),*) }) => {
        #[interface]
        pub(crate) trait $name: Send + Sync {
            fn $method(&self, number: u8, $($param: u8),*) -> Result<u8>;
        }
    };
}

made!(FromMacro { made(other) });

#[interface]
pub(crate) trait Local: Send + Sync {
    fn once(&self, number: u32) -> Result<u32>;

    /// `once`, twice.
    #[method(local)]
    fn twice(&self, number: u32) -> Result<u32> {
        Ok(self.once(number)? * 2)
    }

    /// `once`, thrice, of anything that is a number.
    #[method(local)]
    fn thrice<T: Into<u32>>(&self, number: T) -> Result<u32>
    where
        Self: Sized,
    {
        Ok(self.once(number.into())? * 3)
    }
}
