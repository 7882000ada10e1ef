//! Calls: C1 to C6.

mod values;

use crate::case::Case;

pub(super) const CASES: &[&[Case]] = &[values::CASES];
