//! `#[derive(Value)]`.

mod enums;
mod expand;
mod fields;
mod parse;
mod structs;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput};

use crate::{core_path::core_path, errors::Errors, generics};

/// The type's implementation of `Value`, or errors.
pub(crate) fn value(item: TokenStream) -> TokenStream {
    match syn::parse2(item) {
        Ok(item) => implementation(&item),
        Err(error) => error.to_compile_error(),
    }
}

fn implementation(item: &DeriveInput) -> TokenStream {
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
    match (errors.finish(), core, body) {
        (Ok(()), Some(core), Some(body)) => expand::expand(&target, &body, &core),
        (Ok(()), ..) => TokenStream::new(),
        (Err(error), core, _) => {
            let (error, stub) = (error.to_compile_error(), core.and_then(|core| stub(item, &core)));
            quote!(#error #stub)
        }
    }
}

/// Stands in for a value that has mistakes, so that the compiler tells of those and not of its users. Never run.
fn stub(item: &DeriveInput, core: &TokenStream) -> Option<TokenStream> {
    if item.generics.lifetimes().next().is_some() {
        return None;
    }
    let bounded = generics::with_value_bounds(&item.generics, core);
    let (impl_generics, ty_generics, where_clause) = bounded.split_for_impl();
    let name = &item.ident;
    Some(quote! {
        #[automatically_derived]
        impl #impl_generics #core::value::Value for #name #ty_generics #where_clause {
            const KIND: #core::value::Kind = #core::value::Kind::Ptr(#core::value::Ptr::Struct);
            const FINGERPRINT: u64 = 0;

            fn ty() -> #core::value::Type {
                ::core::unreachable!()
            }

            fn write<__W: #core::value::Writer>(&self, _: __W) -> #core::Result<()> {
                ::core::unreachable!()
            }

            fn read<__R: #core::value::Reader>(_: __R) -> #core::Result<Self> {
                ::core::unreachable!()
            }
        }
    })
}
