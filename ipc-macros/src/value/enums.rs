//! Enums.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, spanned::Spanned};

use super::{
    expand::{Items, type_name},
    parse::{Enum, Target, Variant},
};
use crate::{
    at::{at, path_at},
    codec::Hooks,
    names::plain,
    tags, types,
};

/// An enum without data: a number.
pub(super) fn number(target: &Target<'_>, item: &Enum, core: &TokenStream) -> Items {
    let variants: Vec<&Ident> = item.variants.iter().map(|variant| &variant.ident).collect();
    let rust_name = plain(&target.item.ident);
    let (integer, ty, numbers) = match &item.repr {
        Some(repr) => {
            let numbers = variants.iter().map(|variant| quote!(Self::#variant as #repr)).collect();
            (quote!(#repr), quote!(<#repr as #core::value::Value>::ty()), numbers)
        }
        None => {
            let name = type_name(target, core);
            let names = item.variants.iter().map(|variant| &variant.name);
            let numbers: Vec<TokenStream> = (0..variants.len() as u16).map(|number| quote!(#number)).collect();
            (quote!(u16), quote!(#core::value::Type::Enum(#name, &[#(#names),*])), numbers)
        }
    };
    Items {
        kind: quote!(<#integer as #core::value::Value>::KIND),
        shape: None,
        ty,
        write: quote! {
            let __number: #integer = match self {
                #(Self::#variants => #numbers,)*
            };
            #core::value::Writer::prim(__writer, __number)
        },
        read: quote! {
            let __number: #integer = #core::value::Reader::prim(__reader)?;
            #(if __number == #numbers {
                return ::core::result::Result::Ok(Self::#variants);
            })*
            ::core::result::Result::Err(#core::value::collections::unknown_variant(#rust_name, __number))
        },
        as_exception: None,
        checks: TokenStream::new(),
    }
}

/// An enum with data: a union. Variants that wrap an exception are not part of it.
pub(super) fn union(target: &Target<'_>, item: &Enum, hooks: &mut Hooks<'_>, core: &TokenStream) -> Items {
    let mut variants = Vec::new();
    let mut writes = Vec::new();
    let mut reads = Vec::new();
    for variant in item.variants.iter().filter(|variant| !variant.exception) {
        let number = variants.len();
        let (declared, write, read) = member(variant, number, hooks, core);
        let number = number as u16;
        variants.push(declared);
        writes.push(write);
        reads.push(quote!(#number => #read));
    }
    let exceptions: Vec<&Ident> =
        item.variants.iter().filter(|variant| variant.exception).map(|variant| &variant.ident).collect();
    let others = (!variants.is_empty()).then(|| quote!(_ => ::core::option::Option::None,));
    let name = type_name(target, core);
    let rust_name = plain(&target.item.ident);
    Items {
        kind: quote!(#core::value::Kind::Ptr(#core::value::Ptr::Struct)),
        shape: Some(quote!(#core::value::Shape::Union(&[#(#variants),*]))),
        ty: quote!(#core::value::Type::Named(#name, <Self as #core::value::Value>::SHAPE)),
        write: quote! {
            match self {
                #(#writes)*
                #(Self::#exceptions(__exception) => {
                    ::core::result::Result::Err(#core::Exception::clone(__exception))
                })*
            }
        },
        read: quote! {
            let __variant = #core::value::Reader::variant::<Self>(__reader)?;
            match #core::value::VariantReader::tag(&__variant) {
                #(#reads)*
                __tag => ::core::result::Result::Err(#core::value::collections::unknown_variant(#rust_name, __tag)),
            }
        },
        as_exception: (!exceptions.is_empty()).then(|| {
            quote! {
                match self {
                    #(Self::#exceptions(__exception) => ::core::option::Option::Some(__exception),)*
                    #others
                }
            }
        }),
        checks: unmarked_exceptions(target, item, core),
    }
}

/// A variant that holds nothing but an exception is meant to cross as that. By the type and not by its name: aliases are
/// found, and other types of that name are not.
fn unmarked_exceptions(target: &Target<'_>, item: &Enum, core: &TokenStream) -> TokenStream {
    if !target.item.generics.params.is_empty() {
        // Their types are not known here.
        return TokenStream::new();
    }
    let checks = item.variants.iter().filter(|variant| !variant.exception).filter_map(|variant| {
        let [field] = &variant.members.fields[..] else { return None };
        // `Self` is no exception, and has no meaning where this is evaluated.
        if field.attrs.with.is_some() || field.attrs.opaque.is_some() || types::mentions_self(&field.ty) {
            return None;
        }
        let (ty, span) = (&field.ty, field.ty.span());
        let core = path_at(core, span);
        let message = format!(
            "an exception in a variant of its own crosses as an exception, not as a value: write \
             `#[value(exception)] {}(Exception)`; one that is data goes into a struct of its own",
            variant.ident
        );
        Some(quote_spanned! {at(span)=>
            const _: () = ::core::assert!(
                <#ty as #core::value::Value>::FINGERPRINT
                    != <#core::Exception as #core::value::Value>::FINGERPRINT,
                #message
            );
        })
    });
    quote!(#(#checks)*)
}

/// A variant: its declaration, the arm that writes it, and the expression that reads it.
fn member(
    variant: &Variant,
    number: usize,
    hooks: &mut Hooks<'_>,
    core: &TokenStream,
) -> (TokenStream, TokenStream, TokenStream) {
    let members = &variant.members;
    let (ident, name) = (&variant.ident, &variant.name);
    let tag = tags::option(variant.tag.as_ref());
    let path = quote!(Self::#ident);
    let codecs = members.codecs(hooks);
    let fields = members.declared(&codecs, core);
    let bindings: Vec<Ident> = (0..members.fields.len()).map(|number| format_ident!("__field{number}")).collect();
    let pattern = members.pattern(&path, &bindings);
    let values: Vec<TokenStream> = bindings.iter().map(|binding| quote!(#binding)).collect();
    let writes = members.write(&codecs, &values, core);
    let value = members.read(&path, &codecs, core);
    let mutable = members.mutable();
    (
        quote!(#core::value::Variant { name: #name, tag: #tag, fields: #fields }),
        quote! {
            #pattern => {
                let #mutable __fields = #core::value::Writer::variant::<Self, #number>(__writer)?;
                #writes
                #core::value::FieldWriter::end(__fields)
            }
        },
        quote! {
            {
                let #mutable __fields = #core::value::VariantReader::fields::<#number>(__variant)?;
                ::core::result::Result::Ok(#value)
            }
        },
    )
}
