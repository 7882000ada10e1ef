//! What is left when all is done: nothing. Smaller than it could be, unless the environment variable `CONFORMANCE_FULL` is
//! set.

mod idle;
mod many;

use crate::case::Case;

pub(super) const CASES: &[&[Case]] = &[many::CASES, idle::CASES];
