//! Answers with objects in them, and without.

use std::{collections::BTreeMap, sync::Arc};

use ipc_core::Result;
use ipc_macros::{Value, interface};

use super::Chain;
use crate::types::{Color, Failure};

/// An object in the midst of data.
#[derive(Value)]
pub(crate) struct Holder {
    next: Option<Box<Self>>,
    deep: BTreeMap<String, Vec<Option<Choice>>>,
}

#[derive(Value)]
pub(crate) enum Choice {
    None,
    Holder(Vec<Holder>),
    Object { number: u32, object: Arc<dyn Chain> },
}

/// The same without one.
#[derive(Value)]
pub(crate) struct Plain {
    next: Option<Box<Self>>,
    deep: BTreeMap<String, Vec<Option<PlainChoice>>>,
}

#[derive(Value)]
pub(crate) enum PlainChoice {
    None,
    Holder(Vec<Plain>),
    Object { number: u32, color: Color },
}

type Count = Arc<dyn Fn(u32) -> Result<u32> + Send + Sync>;

#[interface]
pub(crate) trait Answering: Send + Sync {
    fn nothing(&self) -> Result<()>;
    fn number(&self) -> Result<Option<u32>>;
    fn text(&self, object: Arc<dyn Chain>) -> Result<Option<String>>;
    fn list(&self) -> Result<Vec<u32>>;
    fn plain(&self) -> Result<Plain>;
    fn failing(&self) -> Result<(), Failure>;
    fn holder(&self) -> Result<Holder>;
    fn closure(&self) -> Result<(u32, Option<Count>)>;
    fn object(&self) -> Result<Arc<dyn Chain>>;
}
