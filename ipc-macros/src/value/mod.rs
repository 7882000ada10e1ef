//! `#[derive(Value)]`.

mod enums;
mod expand;
mod fields;
mod parse;
mod structs;

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput};

use crate::{core_path::core_path, errors::Errors};

/// The type's implementation of `Value`, or errors.
pub(crate) fn value(item: TokenStream) -> TokenStream {
    syn::parse2(item).and_then(|item| implementation(&item)).unwrap_or_else(|error| error.to_compile_error())
}

fn implementation(item: &DeriveInput) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let target = parse::Target::parse(item, &mut errors);
    let core = errors.take(core_path());
    let body = match &item.data {
        Data::Struct(data) => parse::structure(data, target.opaque, &mut errors).map(parse::Body::Struct),
        Data::Enum(data) => parse::enumeration(item, data, target.opaque, &mut errors).map(parse::Body::Enum),
        Data::Union(data) => {
            errors.at(data.union_token, "a union cannot cross: nobody knows which field is there; write an enum");
            None
        }
    };
    errors.finish()?;
    let (Some(core), Some(body)) = (core, body) else { return Ok(TokenStream::new()) };
    Ok(expand::expand(&target, &body, &core))
}
