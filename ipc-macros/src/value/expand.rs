//! The implementation of `Value`.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    enums,
    parse::{Body, Style, Target},
    structs,
};
use crate::{codec::Hooks, generics, names::package};

/// The items of the implementation that depend on what the type is made of.
pub(super) struct Items {
    /// `KIND`
    pub(super) kind: TokenStream,
    /// `SHAPE`, if it is not a leaf.
    pub(super) shape: Option<TokenStream>,
    /// The body of `ty`.
    pub(super) ty: TokenStream,
    /// The body of `write`.
    pub(super) write: TokenStream,
    /// The body of `read`.
    pub(super) read: TokenStream,
    /// The body of `as_exception`, if there may be one.
    pub(super) as_exception: Option<TokenStream>,
    /// What is to be evaluated at compile time.
    pub(super) checks: TokenStream,
}

/// The implementation, and the hooks that it uses.
pub(super) fn expand(target: &Target<'_>, body: &Body, core: &TokenStream) -> TokenStream {
    let bounded = generics::with_value_bounds(&target.item.generics, core);
    let mut hooks = Hooks::new(core, &bounded);
    let items = match body {
        _ if target.opaque => opaque(core),
        Body::Struct(members) if members.style == Style::Tuple && members.fields.len() == 1 => {
            structs::transparent(members, &mut hooks, core)
        }
        Body::Struct(members) => structs::record(target, members, &mut hooks, core),
        Body::Enum(item) if item.is_plain() => enums::number(target, item, core),
        Body::Enum(item) => enums::union(target, item, &mut hooks, core),
    };
    let hooks = hooks.items();
    let (impl_generics, _, where_clause) = bounded.split_for_impl();
    let (_, ty_generics, _) = target.item.generics.split_for_impl();
    let name = &target.item.ident;
    let path = format!("{}::{}", package(), target.name);
    let fingerprint = generics::mix(&target.item.generics, core, quote!(#core::value::fingerprint(#path)));
    let Items { kind, shape, ty, write, read, as_exception, checks } = items;
    let shape = shape.map(|shape| quote!(const SHAPE: #core::value::Shape = #shape;));
    let as_exception = as_exception.map(|body| {
        quote! {
            fn as_exception(&self) -> ::core::option::Option<&#core::Exception> {
                #body
            }
        }
    });
    // A constant that nobody uses is not evaluated, and its errors wait for the user's user.
    let evaluate = target
        .item
        .generics
        .params
        .is_empty()
        .then(|| quote!(const _: #core::value::Shape = <#name as #core::value::Value>::SHAPE;));
    // What is deprecated still crosses.
    quote! {
        #[allow(deprecated)]
        const _: () = {
            #hooks

            #[automatically_derived]
            impl #impl_generics #core::value::Value for #name #ty_generics #where_clause {
                const KIND: #core::value::Kind = #kind;
                #shape
                const FINGERPRINT: u64 = #fingerprint;

                fn ty() -> #core::value::Type {
                    #ty
                }

                fn write<__W: #core::value::Writer>(&self, __writer: __W) -> #core::Result<()> {
                    #write
                }

                fn read<__R: #core::value::Reader>(__reader: __R) -> #core::Result<Self> {
                    #read
                }

                #as_exception
            }

            #evaluate
            #checks
        };
    }
}

fn opaque(core: &TokenStream) -> Items {
    Items {
        kind: quote!(#core::value::opaque::KIND),
        shape: None,
        ty: quote!(#core::value::opaque::ty()),
        write: quote!(#core::value::opaque::write(self, __writer)),
        read: quote!(#core::value::opaque::read(__reader)),
        as_exception: None,
        checks: TokenStream::new(),
    }
}

/// The type's name, with its arguments' for a generic one.
pub(super) fn type_name(target: &Target<'_>, core: &TokenStream) -> TokenStream {
    let name = &target.name;
    let arguments: Vec<TokenStream> = target
        .item
        .generics
        .params
        .iter()
        .filter_map(|param| match param {
            syn::GenericParam::Lifetime(_) => None,
            syn::GenericParam::Type(param) => {
                let name = &param.ident;
                Some(quote!(<#name as #core::value::Value>::ty().name()))
            }
            syn::GenericParam::Const(param) => {
                let name = &param.ident;
                Some(quote!(#name))
            }
        })
        .collect();
    let text = if arguments.is_empty() {
        quote!(::std::borrow::Cow::Borrowed(#name))
    } else {
        let format = name.clone() + &"{}".repeat(arguments.len());
        quote!(::std::borrow::Cow::Owned(::std::format!(#format, #(#arguments),*)))
    };
    quote!(#core::value::TypeName { module: ::core::module_path!(), name: #text })
}
