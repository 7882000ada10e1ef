//! Generic parameters of traits and types.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericParam, Generics, parse_quote};

use crate::errors::Errors;

/// The same parameters with `T: Value` on each type. Never a bound on a field's type: a recursive type would need itself.
pub(crate) fn with_value_bounds(generics: &Generics, core: &TokenStream) -> Generics {
    let mut generics = generics.clone();
    for param in generics.type_params_mut() {
        param.bounds.push(parse_quote!(#core::value::Value));
    }
    generics
}

/// The parameters as a declaration without bounds and defaults.
pub(crate) fn without_bounds(generics: &Generics) -> TokenStream {
    let params = generics.params.iter().map(|param| match param {
        GenericParam::Lifetime(param) => quote!(#param),
        GenericParam::Type(param) => {
            let name = &param.ident;
            quote!(#name)
        }
        GenericParam::Const(param) => {
            let (name, ty) = (&param.ident, &param.ty);
            quote!(const #name: #ty)
        }
    });
    quote!(<#(#params),*>)
}

/// A hash, with those of the arguments mixed in.
pub(crate) fn mix(generics: &Generics, core: &TokenStream, hash: TokenStream) -> TokenStream {
    generics.params.iter().fold(hash, |hash, param| match param {
        GenericParam::Lifetime(_) => hash,
        GenericParam::Type(param) => {
            let name = &param.ident;
            quote!(#core::value::mix(#hash, <#name as #core::value::Value>::FINGERPRINT))
        }
        GenericParam::Const(param) => {
            let name = &param.ident;
            quote!(#core::value::mix(#hash, #name as u64))
        }
    })
}

/// Nothing that crosses can borrow.
pub(crate) fn reject_lifetimes(generics: &Generics, errors: &mut Errors) {
    for lifetime in generics.lifetimes() {
        errors.at(lifetime, "what crosses to another process cannot borrow: write an owned type, without a lifetime");
    }
}
