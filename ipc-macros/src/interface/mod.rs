//! `#[interface]`.

mod args;
mod expand;
mod methods;
mod ordinals;
mod parse;
mod stub;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemTrait;

use crate::{core_path::core_path, errors::Errors};

/// The trait, without our attributes, and what makes it an interface; or the trait and errors.
pub(crate) fn interface(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut item = match syn::parse2::<ItemTrait>(item.clone()) {
        Ok(item) => item,
        Err(error) => return not_a_trait(item, error),
    };
    let implementation = implementation(args, &mut item);
    quote!(#item #implementation)
}

fn implementation(args: TokenStream, item: &mut ItemTrait) -> TokenStream {
    let mut errors = Errors::default();
    let interface = parse::parse(args, item, &mut errors);
    let core = errors.take(core_path());
    validate::validate(&interface, item, &mut errors);
    let ordinals = ordinals::assign(&interface, &mut errors);
    match (errors.finish(), core) {
        (Ok(()), Some(core)) => expand::expand(&interface, item, &ordinals, &core),
        (Err(error), Some(core)) => {
            let (error, stub) = (error.to_compile_error(), stub::stub(&interface, item, &core));
            quote!(#error #stub)
        }
        (errors, None) => errors.err().map(|error| error.to_compile_error()).unwrap_or_default(),
    }
}

fn not_a_trait(item: TokenStream, error: syn::Error) -> TokenStream {
    let error = match syn::parse2::<syn::Item>(item.clone()) {
        Ok(syn::Item::Trait(_)) | Err(_) => error,
        Ok(_) => syn::Error::new(
            proc_macro2::Span::call_site(),
            "`#[interface]` stands on a trait; a struct or an enum crosses as a value: `#[derive(Value)]`",
        ),
    }
    .to_compile_error();
    quote!(#item #error)
}
