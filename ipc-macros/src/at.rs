//! Where errors in an expansion point.

use proc_macro2::Span;

/// The place that the user wrote, with names resolved as everywhere in the expansion: inside a `macro_rules` too.
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}
