//! What stands in for an interface that has mistakes, so that the compiler tells of those and not of its users.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    FnArg, GenericParam, ItemTrait, Path, Receiver, Signature, TraitItem, TraitItemFn, TypeImplTrait, parse_quote,
    visit::{self, Visit},
};

use super::{parse::Interface, validate};
use crate::generics;

/// Implementations that are never run. `None` for a trait of which there are no objects: there an implementation would only
/// be one more mistake.
pub(super) fn stub(interface: &Interface, item: &mut ItemTrait, core: &TokenStream) -> Option<TokenStream> {
    if !has_objects(interface, item) {
        return None;
    }
    if interface.bases.is_empty() {
        // An interface without them is told so, and is taken for one that has them.
        item.supertraits.push(parse_quote!(::core::marker::Send));
        item.supertraits.push(parse_quote!(::core::marker::Sync));
    }
    let bounded = generics::with_value_bounds(&item.generics, core);
    let (impl_generics, ty_generics, where_clause) = bounded.split_for_impl();
    let mut of_proxy = bounded.clone();
    of_proxy.params.push(parse_quote!(__R: #core::transport::Remote));
    let (proxy_generics, _, _) = of_proxy.split_for_impl();
    let name = &item.ident;
    let methods = methods(item).filter(|method| method.default.is_none()).map(|method| {
        let cfgs = method.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
        // What the compiler itself objects to, it says of the trait.
        let sig = Signature { constness: None, ..method.sig.clone() };
        quote!(#(#cfgs)* #sig { ::core::unreachable!() })
    });
    let text = name.to_string();
    let bootstrap = interface.args.bootstrap.is_some();
    Some(quote! {
        #[allow(unused, deprecated)]
        const _: () = {
            #[automatically_derived]
            impl #proxy_generics #name #ty_generics for #core::interface::Proxy<__R> #where_clause {
                #(#methods)*
            }

            #[automatically_derived]
            impl #impl_generics #core::interface::Interface for dyn #name #ty_generics #where_clause {
                const SCHEMA: &'static #core::interface::InterfaceSchema = &#core::interface::InterfaceSchema {
                    name: #text,
                    module: ::core::module_path!(),
                    id: 0,
                    bases: &[],
                    methods: &[],
                    bootstrap: #bootstrap,
                    destroy: ::core::option::Option::None,
                    doc: "",
                };
                const ID: u64 = 0;

                fn proxy<__R: #core::transport::Remote>(
                    __proxy: ::std::sync::Arc<#core::interface::Proxy<__R>>,
                ) -> ::std::sync::Arc<Self> {
                    __proxy
                }

                fn dispatch<__C: #core::transport::IncomingCall>(
                    _: ::std::sync::Arc<Self>,
                    _: u64,
                    _: u16,
                    __call: __C,
                ) -> __C::Done {
                    #core::transport::IncomingCall::unknown(__call)
                }
            }
        };
    })
}

/// Whether there can be a `dyn Trait` of it, as far as tokens tell.
fn has_objects(interface: &Interface, item: &ItemTrait) -> bool {
    item.unsafety.is_none()
        && item.auto_token.is_none()
        && item.generics.lifetimes().next().is_none()
        && !interface.bases.iter().any(validate::is_no_interface)
        && item.items.iter().all(|item| matches!(item, TraitItem::Fn(_)))
        && methods(item).all(|method| validate::needs_sized(&method.sig.generics) || is_callable(&method.sig))
}

fn methods(item: &ItemTrait) -> impl Iterator<Item = &TraitItemFn> {
    item.items.iter().filter_map(|item| match item {
        TraitItem::Fn(method) => Some(method),
        _ => None,
    })
}

/// Whether a method can be called on a `dyn Trait`.
fn is_callable(sig: &Signature) -> bool {
    let mut types = Types { of_objects: true };
    types.visit_signature(sig);
    types.of_objects
        && sig.asyncness.is_none()
        && matches!(sig.inputs.first(), Some(FnArg::Receiver(_)))
        && sig.generics.params.iter().all(|param| matches!(param, GenericParam::Lifetime(_)))
}

/// Looks for types that no `dyn Trait` has.
struct Types {
    of_objects: bool,
}

impl Visit<'_> for Types {
    fn visit_receiver(&mut self, _: &Receiver) {}

    fn visit_type_impl_trait(&mut self, _: &TypeImplTrait) {
        self.of_objects = false;
    }

    fn visit_path(&mut self, path: &Path) {
        self.of_objects &= path.segments.first().is_none_or(|first| first.ident != "Self");
        visit::visit_path(self, path);
    }
}
