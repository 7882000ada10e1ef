//! The list of cases.

mod calls;
mod failure;
mod objects;
mod residue;
mod threads;
mod tools;

use crate::case::Case;

/// All cases, in the order of the contract.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    [calls::CASES, threads::CASES, objects::CASES, failure::CASES, residue::CASES]
        .into_iter()
        .flatten()
        .copied()
        .flatten()
}
