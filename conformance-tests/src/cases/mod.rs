//! The list of cases.

mod calls;

use crate::case::Case;

/// All cases, in the order of the contract.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    [calls::CASES].concat().into_iter().flatten()
}
