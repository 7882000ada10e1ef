//! How a parameter, a result or a field crosses: by itself or by a hook.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{GenericArgument, Generics, Ident, PathArguments, Type, spanned::Spanned};

use crate::{
    at::{at, path_at},
    attrs::{Hook, ValueAttrs},
    generics,
};

/// The private hook types that an expansion declares.
pub(crate) struct Hooks<'a> {
    core: &'a TokenStream,
    generics: &'a Generics,
    items: Vec<TokenStream>,
}

/// A type, and the hook that marshals it if it does not do so itself.
pub(crate) struct Codec {
    /// The type in Rust.
    pub(crate) ty: TokenStream,
    /// The hook's type.
    pub(crate) hook: Option<TokenStream>,
    /// Where errors point.
    pub(crate) span: Span,
}

impl<'a> Hooks<'a> {
    /// None yet. `generics` are those of the trait or type, with bounds.
    pub(crate) fn new(core: &'a TokenStream, generics: &'a Generics) -> Self {
        Self { core, generics, items: Vec::new() }
    }

    /// The codec of a parameter or field with these attributes.
    pub(crate) fn codec(&mut self, ty: &Type, attrs: &ValueAttrs) -> Codec {
        let span = ty.span();
        let core = self.core;
        let hook = match (&attrs.with, attrs.opaque) {
            (Some(hook), _) => Some(self.hook(hook, Some(ty), ty.to_token_stream())),
            (None, Some(opaque)) => Some(self.module(&quote_spanned!(at(opaque)=> #core::value::opaque), ty)),
            (None, None) => None,
        };
        Codec { ty: ty.to_token_stream(), hook, span }
    }

    /// The type of a hook for a type, of which the syntax may be known.
    pub(crate) fn hook(&mut self, hook: &Hook, syntax: Option<&Type>, ty: TokenStream) -> TokenStream {
        let core = self.core;
        let (combinator, inner) = match hook {
            Hook::Module(path) => return self.module(path, &ty),
            Hook::Option(inner) => (quote!(Optional), inner),
            Hook::List(inner) => (quote!(List), inner),
        };
        let argument = syntax.and_then(only_argument);
        let element = match argument {
            Some(argument) => argument.to_token_stream(),
            None => quote!(<#ty as ::core::iter::IntoIterator>::Item),
        };
        let inner = self.hook(inner, argument, element);
        quote!(#core::value::hooks::#combinator<#inner>)
    }

    /// A hook type of its own around a module's items.
    fn module(&mut self, module: &impl ToTokens, ty: &impl ToTokens) -> TokenStream {
        let core = self.core;
        let name = format_ident!("__Hook{}", self.items.len());
        let (impl_generics, ty_generics, where_clause) = self.generics.split_for_impl();
        let declared = generics::without_bounds(self.generics);
        let types = self.generics.type_params().map(|param| &param.ident);
        let span = module.span();
        let item = |item: &str| -> TokenStream {
            let item = Ident::new(item, span);
            quote_spanned!(at(span)=> #module::#item)
        };
        let (kind, full, write, read) = (item("KIND"), item("ty"), item("write"), item("read"));
        let write = quote_spanned!(at(span)=> #write(__value, __writer));
        let read = quote_spanned!(at(span)=> #read(__reader));
        self.items.push(quote! {
            struct #name #declared (::core::marker::PhantomData<fn() -> (#(#types,)*)>);

            #[automatically_derived]
            impl #impl_generics #core::value::Marshal<#ty> for #name #ty_generics #where_clause {
                const KIND: #core::value::Kind = #kind;

                fn ty() -> #core::value::Type {
                    #full()
                }

                fn write<__W: #core::value::Writer>(__value: &#ty, __writer: __W) -> #core::Result<()> {
                    #write
                }

                fn read<__R: #core::value::Reader>(__reader: __R) -> #core::Result<#ty> {
                    #read
                }
            }
        });
        quote!(#name #ty_generics)
    }

    /// The declarations.
    pub(crate) fn items(self) -> TokenStream {
        let items = self.items;
        quote!(#(#items)*)
    }
}

impl Codec {
    /// The type as a [`Value`]: itself, or wrapped with its hook.
    pub(crate) fn value(&self, core: &TokenStream) -> TokenStream {
        let ty = &self.ty;
        match &self.hook {
            None => quote!(#ty),
            Some(hook) => quote_spanned!(at(self.span)=> #core::value::Hooked<#ty, #hook>),
        }
    }

    /// A value of the type, as a value of [`value`](Self::value).
    pub(crate) fn wrap(&self, core: &TokenStream, value: TokenStream) -> TokenStream {
        match &self.hook {
            None => value,
            Some(hook) => quote!(#core::value::Hooked::<_, #hook>::new(#value)),
        }
    }

    /// The way back.
    pub(crate) fn unwrap(&self, value: TokenStream) -> TokenStream {
        match &self.hook {
            None => value,
            Some(_) => quote!(#value.0),
        }
    }

    /// The marshaller.
    pub(crate) fn marshal(&self, core: &TokenStream) -> TokenStream {
        match &self.hook {
            None => quote_spanned!(at(self.span)=> #core::value::Itself),
            Some(hook) => hook.clone(),
        }
    }

    /// The field's declaration in a schema.
    pub(crate) fn field(&self, core: &TokenStream, name: &str, attrs: &ValueAttrs) -> TokenStream {
        let core = &path_at(core, self.span);
        let value = self.value(core);
        let mut field = quote_spanned!(at(self.span)=> #core::value::Field::of::<#value>(#name));
        if let Some(name) = &attrs.name {
            field = quote!(#field.named(#name));
        }
        if let Some(has) = attrs.has {
            field = quote_spanned!(at(has)=> #field.with_presence());
        }
        if let Some(tag) = &attrs.tag {
            field = quote_spanned!(at(tag.span())=> #field.tagged(#tag));
        }
        if let Some(default) = &attrs.default {
            let ty = &self.ty;
            let core = &path_at(core, default.span());
            let bits = match &self.hook {
                None => quote_spanned!(at(default.span())=> #core::value::Bits::<#ty>(#default).get()),
                Some(_) => quote_spanned!(at(default.span())=> #core::value::Bits(#default).get()),
            };
            field = quote!(#field.with_default(#bits));
        }
        field
    }
}

/// `T` of a type written `Name<T>`.
fn only_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(ty) if arguments.args.len() == 1 => Some(ty),
        _ => None,
    }
}
