//! Calls: C1 to C6.

mod errors;
mod parallel;
mod unknown;
mod values;

use crate::case::Case;

pub(super) const CASES: &[&[Case]] = &[values::CASES, errors::CASES, unknown::CASES, parallel::CASES];
