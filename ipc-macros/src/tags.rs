//! `tag = N`: the number that a field or a variant has on a wire that numbers them.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::quote;
use syn::LitInt;

use crate::errors::Errors;

/// What protobuf allows, but for those that it keeps for itself.
const MOST: u32 = (1 << 29) - 1;
const RESERVED: std::ops::RangeInclusive<u32> = 19_000..=19_999;

/// Checks the tags of a list of fields or variants; those without have their position, counted from 1.
pub(crate) fn check<'a>(tags: impl Iterator<Item = Option<&'a LitInt>>, errors: &mut Errors) {
    let tags: Vec<Option<&LitInt>> = tags.collect();
    let mut taken: HashMap<u32, usize> =
        (1u32..).zip(&tags).filter(|(_, tag)| tag.is_none()).map(|(number, _)| (number, number as usize)).collect();
    for (position, tag) in tags.iter().enumerate() {
        let Some(tag) = tag else { continue };
        let Some(number) = errors.take(tag.base10_parse::<u32>()) else { continue };
        if number == 0 || number > MOST || RESERVED.contains(&number) {
            errors.at(tag, format!("a tag is a number from 1 to {MOST}, but for 19000 to 19999"));
        } else if let Some(other) = taken.insert(number, position + 1) {
            errors.at(tag, format!("the tag {number} is taken by number {other} of the list"));
        }
    }
}

/// The tag as an expression.
pub(crate) fn option(tag: Option<&LitInt>) -> TokenStream {
    match tag {
        Some(tag) => quote!(::core::option::Option::Some(#tag)),
        None => quote!(::core::option::Option::None),
    }
}
