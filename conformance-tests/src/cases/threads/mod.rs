//! Threads: T1 to T7.

mod affinity;
mod callbacks;
mod ends;
mod locks;

use crate::case::Case;

pub(super) const CASES: &[&[Case]] = &[affinity::CASES, callbacks::CASES, locks::CASES, ends::CASES];
