//! Where errors in an expansion point.

use proc_macro2::{Span, TokenStream};

/// The place that the user wrote, with names resolved as everywhere in the expansion: inside a `macro_rules` too.
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// The same path, with errors in it pointing there: an expression is underlined from its first token on.
pub(crate) fn path_at(path: &TokenStream, span: Span) -> TokenStream {
    path.clone()
        .into_iter()
        .map(|mut token| {
            token.set_span(at(span));
            token
        })
        .collect()
}
