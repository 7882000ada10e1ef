//! What makes the trait an interface.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Generics, ItemTrait, Path, spanned::Spanned};

use super::{
    methods::{Expanded, method},
    ordinals::Ordinals,
    parse::Interface,
};
use crate::{
    at::{at, path_at},
    codec::Hooks,
    generics,
    names::{interface_id, package, plain},
};

/// The proxy's implementation, and the interface's.
pub(super) fn expand(interface: &Interface, item: &ItemTrait, ordinals: &Ordinals, core: &TokenStream) -> TokenStream {
    let bounded = generics::with_value_bounds(&item.generics, core);
    let mut hooks = Hooks::new(core, &bounded);
    let (_, ty_generics, _) = item.generics.split_for_impl();
    let name = &item.ident;
    let path = quote!(#name #ty_generics);
    let expanded: Vec<Expanded> = interface
        .methods
        .iter()
        .zip(&ordinals.methods)
        .enumerate()
        .map(|(number, (source, ordinal))| method(source, number, *ordinal, &path, &mut hooks, core))
        .collect();
    let hooks = hooks.items();
    let proxy = proxy(&path, &bounded, &expanded, core);
    let implementation = implementation(interface, item, ordinals, &path, &bounded, &expanded, core);
    // A constant that nobody uses is not evaluated, and its errors wait for the user's user.
    let evaluate = item.generics.params.is_empty().then(|| {
        quote! {
            const _: &#core::interface::InterfaceSchema = <dyn #path as #core::interface::Interface>::SCHEMA;
        }
    });
    // What is deprecated still crosses.
    quote! {
        #[allow(deprecated)]
        const _: () = {
            #hooks
            #proxy
            #implementation
            #evaluate
        };
    }
}

fn proxy(path: &TokenStream, bounded: &Generics, methods: &[Expanded], core: &TokenStream) -> TokenStream {
    let mut generics = bounded.clone();
    generics.params.push(syn::parse_quote!(__R: #core::transport::Remote));
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let methods = methods.iter().map(|method| &method.proxy);
    quote! {
        #[automatically_derived]
        impl #impl_generics #path for #core::interface::Proxy<__R> #where_clause {
            #(#methods)*
        }
    }
}

fn implementation(
    interface: &Interface,
    item: &ItemTrait,
    ordinals: &Ordinals,
    path: &TokenStream,
    bounded: &Generics,
    methods: &[Expanded],
    core: &TokenStream,
) -> TokenStream {
    let (impl_generics, _, where_clause) = bounded.split_for_impl();
    let schema = schema(interface, item, ordinals, methods, core);
    let id = id(interface, item, core);
    let arms = methods.iter().map(|method| &method.dispatch);
    let base_dispatch = interface.bases.iter().map(|base| {
        let base = as_interface(base, core);
        quote! {
            if #core::interface::InterfaceSchema::extends(#base::SCHEMA, __interface) {
                return #base::dispatch(__this, __interface, __ordinal, __call);
            }
        }
    });
    let upcast = upcast(&interface.bases, core);
    // The trait's own name, not the expansion: whoever lacks `Send + Sync` is told there.
    let this = quote_spanned!(at(item.ident.span())=> dyn #path);
    quote! {
        #[automatically_derived]
        impl #impl_generics #core::interface::Interface for #this #where_clause {
            const SCHEMA: &'static #core::interface::InterfaceSchema = #schema;
            const ID: u64 = #id;

            fn proxy<__R: #core::transport::Remote>(
                __proxy: ::std::sync::Arc<#core::interface::Proxy<__R>>,
            ) -> ::std::sync::Arc<Self> {
                __proxy
            }

            fn dispatch<__C: #core::transport::IncomingCall>(
                __this: ::std::sync::Arc<Self>,
                __interface: u64,
                __ordinal: u16,
                __call: __C,
            ) -> __C::Done {
                if __interface == <Self as #core::interface::Interface>::ID {
                    return match __ordinal {
                        #(#arms)*
                        _ => #core::transport::IncomingCall::unknown(__call),
                    };
                }
                #(#base_dispatch)*
                #core::transport::IncomingCall::unknown(__call)
            }

            #upcast
        }
    }
}

fn schema(
    interface: &Interface,
    item: &ItemTrait,
    ordinals: &Ordinals,
    methods: &[Expanded],
    core: &TokenStream,
) -> TokenStream {
    let name = wire_name(interface, item);
    let bases = interface.bases.iter().map(|base| as_interface(base, core));
    let methods = methods.iter().map(|method| &method.schema);
    let bootstrap = interface.args.bootstrap.is_some();
    let destroy = option(ordinals.destroy);
    let doc = &interface.doc;
    quote! {
        &#core::interface::InterfaceSchema {
            name: #name,
            module: ::core::module_path!(),
            id: <Self as #core::interface::Interface>::ID,
            bases: &[#(#bases::schema),*],
            methods: &[#(#methods),*],
            bootstrap: #bootstrap,
            destroy: #destroy,
            doc: #doc,
        }
    }
}

/// A generic interface has an id for each set of arguments.
fn id(interface: &Interface, item: &ItemTrait, core: &TokenStream) -> TokenStream {
    let id = match &interface.args.id {
        Some(id) => quote!(#id),
        None => {
            let id = interface_id(&package(), &wire_name(interface, item));
            let id = syn::LitInt::new(&format!("{id:#x}"), Span::call_site());
            quote!(#id)
        }
    };
    if item.generics.params.is_empty() {
        return id;
    }
    let mixed = generics::mix(&item.generics, core, id);
    quote!(#mixed | 1 << 63)
}

fn upcast(bases: &[Path], core: &TokenStream) -> TokenStream {
    if bases.is_empty() {
        return TokenStream::new();
    }
    let bases = bases.iter().map(|base| {
        let base = as_interface(base, core);
        quote! {
            let __base = #base::upcast(::std::sync::Arc::<Self>::clone(&__this), __to);
            if __base.is_some() {
                return __base;
            }
        }
    });
    quote! {
        fn upcast(
            __this: ::std::sync::Arc<Self>,
            __to: ::core::any::TypeId,
        ) -> ::core::option::Option<::std::boxed::Box<dyn ::core::any::Any>> {
            if __to == ::core::any::TypeId::of::<Self>() {
                return ::core::option::Option::Some(::std::boxed::Box::new(__this));
            }
            #(#bases)*
            ::core::option::Option::None
        }
    }
}

/// The prefix of a path to what `dyn Base` has as an interface.
fn as_interface(base: &Path, core: &TokenStream) -> TokenStream {
    let core = path_at(core, base.span());
    quote_spanned!(at(base.span())=> <dyn #base as #core::interface::Interface>)
}

fn wire_name(interface: &Interface, item: &ItemTrait) -> String {
    interface.args.name.as_ref().map_or_else(|| plain(&item.ident), syn::LitStr::value)
}

/// An option as an expression.
pub(super) fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
