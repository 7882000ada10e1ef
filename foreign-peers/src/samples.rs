//! Interfaces and types that use everything.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, SystemTime},
};

use ipc_core::{Exception, Result};
use ipc_macros::{Value, interface};

/// A union that names itself.
#[derive(Clone, Debug, PartialEq, Value)]
#[allow(missing_docs)]
pub enum Figure {
    Empty,
    Circle(f64),
    Rect { width: u32, height: u32, label: String },
    Many(Vec<Figure>),
    Maybe(Option<u32>),
    Blobs(Vec<Vec<u8>>),
    Flag(bool),
    Short(i16),
    Byte(u8),
    Text(Option<String>),
    Twice(Option<Option<bool>>),
    Pair(u16, String),
    Nothing(()),
}

/// An enum without data.
#[derive(Clone, Copy, Debug, PartialEq, Value)]
#[allow(missing_docs)]
pub enum Color {
    DarkRed,
    RGBBlue,
    Green2,
}

/// An enum that is an integer.
#[derive(Clone, Copy, Debug, PartialEq, Value)]
#[repr(i32)]
#[allow(missing_docs)]
pub enum Code {
    Low = -1,
    High = 7,
}

/// A union of one variant.
#[derive(Clone, Debug, PartialEq, Value)]
#[allow(missing_docs)]
pub enum Single {
    Only(u64),
}

/// A struct that names itself.
#[derive(Clone, Debug, PartialEq, Value)]
#[allow(missing_docs)]
pub struct Tree {
    pub name: String,
    pub children: Vec<Tree>,
    pub next: Option<Box<Tree>>,
}

/// A generic struct.
#[derive(Clone, Debug, PartialEq, Value)]
#[allow(missing_docs)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub first: Option<T>,
}

/// One of everything, with names that are words of the schema language.
#[derive(Clone, Debug, PartialEq, Value)]
#[allow(missing_docs)]
pub struct Everything {
    pub r#struct: bool,
    pub r#enum: u8,
    pub union: Option<u16>,
    pub interface: u64,
    pub using: Option<bool>,
    pub import: i32,
    pub annotation: f64,
    pub r#const: String,
    pub group: Vec<u8>,
    pub some_long_name: [u8; 4],
    pub numbers: Vec<i16>,
    pub flags: Vec<bool>,
    pub names: Vec<String>,
    pub maybes: Vec<Option<u32>>,
    pub maybe_names: Vec<Option<String>>,
    pub nested: Vec<Vec<u32>>,
    pub blobs: Vec<Vec<u8>>,
    pub nothing: (),
    pub nothings: Vec<()>,
    pub twice: Option<Option<u32>>,
    pub map: BTreeMap<String, (u32, bool)>,
    pub same_pairs: Vec<(String, (u32, bool))>,
    pub outcome: std::result::Result<u32, String>,
    pub pair: (u8, Option<String>),
    pub triple: (u8, u16, u8),
    pub trees: Vec<Tree>,
    pub maybe_trees: Vec<Option<Tree>>,
    pub figure: Figure,
    pub colors: Vec<Color>,
    pub color: Option<Color>,
    pub code: Code,
    pub single: Single,
    pub page: Page<Color>,
    pub pages: Page<String>,
    pub duration: Duration,
    pub time: SystemTime,
    pub wide: u128,
    #[value(default = 7)]
    pub defaulted: u32,
    #[value(default = true)]
    pub yes: bool,
    #[value(default = f64::MAX)]
    pub most: f64,
    #[value(default = -1.5f32)]
    pub half: f32,
    #[value(default = i64::MIN)]
    pub least: i64,
    #[value(default = -2)]
    pub negative: i16,
    #[value(has)]
    pub present: Option<String>,
    #[value(has)]
    pub also: Option<Tree>,
    pub end: u8,
}

/// What the methods of [`Chain`] fail with.
#[derive(Clone, Debug, PartialEq, Value)]
#[allow(missing_docs)]
pub enum Failure {
    NotFound(u32),
    Odd {
        why: String,
        code: u8,
    },
    #[value(exception)]
    Ipc(Exception),
}

impl From<Exception> for Failure {
    fn from(exception: Exception) -> Self {
        Self::Ipc(exception)
    }
}

/// A failure without data.
#[derive(Clone, Copy, Debug, PartialEq, Value)]
#[allow(missing_docs)]
pub enum Reason {
    Unknown,
    Busy,
}

impl From<Exception> for Reason {
    fn from(_: Exception) -> Self {
        Self::Unknown
    }
}

/// What a connection begins with.
///
/// It says more in a second paragraph.
#[interface(bootstrap)]
#[allow(missing_docs)]
pub trait Root: Base {
    fn chain(&self) -> Result<Arc<dyn Chain>>;
}

/// What [`Root`] extends.
#[interface]
#[allow(missing_docs)]
pub trait Base: Send + Sync {
    #[method(ordinal = 3, since = "31")]
    fn version(&self) -> Result<u32>;
}

/// Methods of all sorts.
#[interface(destroy)]
#[allow(missing_docs)]
pub trait Chain: Send + Sync {
    fn everything(&self, value: Everything) -> Result<Everything, Failure>;
    #[method(ordinal = 7, name = "pinned")]
    fn simple(
        &self,
        count: u8,
        #[value(default = f64::MAX)] timeout: f64,
        maybe: Option<u16>,
    ) -> Result<Option<u32>, Reason>;
    #[method(no_context)]
    fn interrupt(&self) -> Result<()>;
    #[method(results(reason, debug, result))]
    fn check(&self, block: Vec<u8>, flag: bool) -> Result<(String, String, bool)>;
    fn visit(&self, from: u32, visitor: Arc<dyn Fn(u32, Figure) -> Result<bool, Failure> + Send + Sync>) -> Result<()>;
    fn objects(&self, objects: HashMap<u8, Arc<dyn Chain>>, base: Option<Arc<dyn Base>>) -> Result<Vec<Arc<dyn Base>>>;
    fn nothing(&self) -> Result<(), Failure>;
}
