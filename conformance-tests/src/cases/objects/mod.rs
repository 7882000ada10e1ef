//! Objects: O1 to O7.

mod destroy;
mod forged;
mod identity;
mod kept;
mod lifetime;
mod races;

use crate::case::Case;

pub(super) const CASES: &[&[Case]] =
    &[lifetime::CASES, races::CASES, identity::CASES, kept::CASES, forged::CASES, destroy::CASES];
