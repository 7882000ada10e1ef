//! Values of all kinds, there and back; and errors.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    net::SocketAddr,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use ipc_core::{Exception, Opaque, Result};
use ipc_macros::{Value, interface};
use serde::{Deserialize, Serialize};

use super::address;

/// All numbers.
#[derive(Clone, Copy, Debug, PartialEq, Value)]
#[allow(missing_docs, reason = "the types say it")]
pub struct Numbers {
    pub bytes: (u8, i8),
    pub shorts: (u16, i16),
    pub ints: (u32, i32),
    pub longs: (u64, i64),
    pub wide: (u128, i128),
    pub sizes: (usize, isize),
    pub floats: (f32, f64),
    pub others: (bool, char, ()),
}

/// What may be missing.
pub type Options = (Option<u32>, Option<Option<u32>>, Option<Vec<u8>>, Option<bool>);

/// All collections, and the types of `std` that cross.
#[derive(Clone, Debug, Default, PartialEq, Value)]
#[allow(missing_docs, reason = "the types say it")]
pub struct Collections {
    pub text: String,
    pub data: Vec<u8>,
    pub lists: (Vec<i16>, Vec<bool>, Vec<()>),
    pub texts: Vec<Option<String>>,
    pub nested: (Vec<Vec<u32>>, [u64; 3]),
    pub options: Options,
    pub maps: (HashMap<String, u32>, BTreeMap<u16, Vec<u8>>),
    pub sets: (HashSet<String>, BTreeSet<i32>),
    pub path: PathBuf,
    pub duration: Duration,
    pub time: Option<SystemTime>,
}

/// A recursive struct.
#[derive(Clone, Debug, Default, PartialEq, Value)]
#[allow(missing_docs, reason = "the types say it")]
pub struct Tree {
    pub name: String,
    pub children: Vec<Self>,
    pub left: Option<Box<Self>>,
}

/// An enum with data of all forms.
#[derive(Clone, Debug, PartialEq, Value)]
#[allow(missing_docs, reason = "the types say it")]
pub enum Figure {
    Empty,
    Circle(f64),
    Rect { w: u32, h: u32, note: Option<String> },
    Many(Vec<Self>),
    Both(Box<Self>, Option<u8>),
}

/// What only serde knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the types say it")]
pub struct Opaques {
    pub text: String,
    pub pairs: Vec<(u8, String)>,
}

/// The error type of a program.
#[derive(Clone, Debug, PartialEq, Value)]
pub enum LabError {
    /// An error without data.
    Refused,
    /// One with data.
    Failed {
        /// A number.
        code: i32,
        /// A text, of any length.
        reason: String,
    },
    /// One that holds an exception as data.
    Because(String, Exception),
    /// The connection failed.
    #[value(exception)]
    Ipc(Exception),
}

impl From<Exception> for LabError {
    fn from(exception: Exception) -> Self {
        Self::Ipc(exception)
    }
}

/// Gives back what it gets, and fails as it is told to.
#[interface]
pub trait Values: Send + Sync {
    /// The same numbers.
    fn numbers(&self, numbers: Numbers) -> Result<Numbers>;
    /// The same collections.
    fn collections(&self, collections: Collections) -> Result<Collections>;
    /// The same tree.
    fn tree(&self, tree: Tree) -> Result<Tree>;
    /// The same figure.
    fn figure(&self, figure: Figure) -> Result<Figure>;
    /// The same, as an opaque value.
    fn opaque(&self, opaque: Opaque<Opaques>) -> Result<Opaque<Opaques>>;
    /// The same bytes.
    fn bytes(&self, bytes: Vec<u8>) -> Result<Vec<u8>>;
    /// How many bytes came.
    fn length(&self, bytes: Vec<u8>) -> Result<u64>;
    /// So many zero bytes.
    fn make_bytes(&self, count: u64) -> Result<Vec<u8>>;
    /// How many elements came, each much smaller on the wire than in memory.
    fn count_empty(&self, empty: Vec<Collections>) -> Result<u64>;
    /// The same text.
    fn text(&self, text: String) -> Result<String>;
    /// The same address with another port.
    #[method(with = address)]
    fn address(&self, #[value(with = address)] address: SocketAddr, port: u16) -> Result<SocketAddr>;
    /// The same addresses.
    #[method(with = list(option(address)))]
    fn addresses(
        &self,
        #[value(with = list(option(address)))] addresses: Vec<Option<SocketAddr>>,
    ) -> Result<Vec<Option<SocketAddr>>>;
    /// All arguments, as results with names.
    #[method(results(number, text, data))]
    fn several(&self, number: i64, text: String, data: Vec<u8>) -> Result<(i64, String, Vec<u8>)>;
    /// Nothing in, nothing out.
    fn nothing(&self) -> Result<()>;
    /// The sum; without a context.
    #[method(no_context)]
    fn add_now(&self, a: u32, b: u32) -> Result<u32>;
    /// Fails with this error.
    fn fail(&self, error: LabError) -> Result<u32, LabError>;
    /// Fails with an error of so many bytes.
    fn fail_long(&self, bytes: u64) -> Result<(), LabError>;
    /// Fails with the exception whose kind has this name.
    fn fail_with(&self, kind: String, message: String) -> Result<()>;
    /// The same, in a method with an error type of its own: the exception alone, or as data of an error.
    fn fail_inside(&self, kind: String, message: String, as_data: bool) -> Result<(), LabError>;
    /// Panics with this message; without one, with a payload that is no text.
    fn panic(&self, message: Option<String>) -> Result<()>;
}
