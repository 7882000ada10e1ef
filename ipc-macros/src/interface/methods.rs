//! A method: its schema, its proxy's and its dispatch.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Ident, Type, parse_quote, spanned::Spanned};

use super::{
    args,
    expand::option,
    parse::{Method, Param},
};
use crate::{
    at::{at, path_at},
    attrs::ValueAttrs,
    codec::{Codec, Hooks},
    names::plain,
};

/// The three parts.
pub(super) struct Expanded {
    /// In the schema.
    pub(super) schema: TokenStream,
    /// In the trait's implementation for the proxy.
    pub(super) proxy: TokenStream,
    /// An arm of the `match` on ordinals.
    pub(super) dispatch: TokenStream,
}

/// The results of a method: how they are declared, wrapped into a tuple of values, and unwrapped.
struct Results {
    fields: TokenStream,
    wrap: TokenStream,
    unwrap: TokenStream,
}

/// Expands method number `number` of the trait at `path`.
pub(super) fn method(
    method: &Method,
    number: usize,
    ordinal: u16,
    path: &TokenStream,
    hooks: &mut Hooks<'_>,
    core: &TokenStream,
) -> Expanded {
    let output: Type = method.output.clone().unwrap_or_else(|| parse_quote!(()));
    let codecs: Vec<Codec> = method.params.iter().map(|param| hooks.codec(&param.ty, &param.attrs)).collect();
    let results = results(method, &output, hooks, core);
    Expanded {
        schema: schema(method, ordinal, &output, &codecs, &results, core),
        proxy: proxy(method, number, path, &output, &codecs, &results, core),
        dispatch: dispatch(method, number, ordinal, path, &codecs, &results, core),
    }
}

fn schema(
    method: &Method,
    ordinal: u16,
    output: &Type,
    codecs: &[Codec],
    results: &Results,
    core: &TokenStream,
) -> TokenStream {
    let name = plain(&method.sig.ident);
    let wire_name = option(method.args.name.as_ref());
    let since = option(method.args.since.as_ref());
    let context = method.args.no_context.is_none();
    let params = method.params.iter().zip(codecs).map(|(param, codec)| codec.field(core, &param.name, &param.attrs));
    let fields = &results.fields;
    let outcome = outcome(output, core);
    let error = quote_spanned!(at(output.span())=> #outcome::ERROR);
    quote! {
        #core::interface::MethodSchema {
            name: #name,
            wire_name: #wire_name,
            ordinal: #ordinal,
            params: &[#(#params),*],
            results: #fields,
            error: #error,
            context: #context,
            since: #since,
        }
    }
}

fn proxy(
    method: &Method,
    number: usize,
    path: &TokenStream,
    output: &Type,
    codecs: &[Codec],
    results: &Results,
    core: &TokenStream,
) -> TokenStream {
    let name = &method.sig.ident;
    let args = arguments(&method.params);
    let types = method.params.iter().map(|param| &param.ty);
    let wrapped = args.iter().zip(codecs).map(|(arg, codec)| codec.wrap(core, quote!(#arg)));
    let unwrap = &results.unwrap;
    let core = &path_at(core, name.span());
    let outcome = outcome(output, core);
    quote_spanned! {at(name.span())=>
        fn #name(&self, #(#args: #types),*) -> #output {
            #outcome::from_result(
                #core::transport::Remote::call(
                    #core::interface::Proxy::remote(self),
                    #core::interface::method::<dyn #path, #number>(),
                    (#(#wrapped,)*),
                )
                .map(#unwrap),
            )
        }
    }
}

fn dispatch(
    method: &Method,
    number: usize,
    ordinal: u16,
    path: &TokenStream,
    codecs: &[Codec],
    results: &Results,
    core: &TokenStream,
) -> TokenStream {
    let name = &method.sig.ident;
    let args = arguments(&method.params);
    let types = codecs.iter().map(|codec| codec.value(core));
    let unwrapped = args.iter().zip(codecs).map(|(arg, codec)| codec.unwrap(quote!(#arg)));
    let wrap = &results.wrap;
    let core = &path_at(core, name.span());
    quote_spanned! {at(name.span())=>
        #ordinal => #core::transport::IncomingCall::answer(
            __call,
            #core::interface::method::<Self, #number>(),
            |(#(#args,)*): (#(#types,)*)| {
                #core::interface::Outcome::into_result(<Self as #path>::#name(&*__this, #(#unwrapped),*)).map(#wrap)
            },
        ),
    }
}

fn results(method: &Method, output: &Type, hooks: &mut Hooks<'_>, core: &TokenStream) -> Results {
    let outcome = outcome(output, core);
    if let Some(declared) = &method.args.results
        && !declared.types.is_empty()
    {
        return converted(declared, &outcome, output.span(), core);
    }
    let attrs = ValueAttrs { has: method.args.has, ..ValueAttrs::default() };
    let names = match &method.args.results {
        None => vec![String::from("result")],
        Some(results) => results.names.iter().map(plain).collect(),
    };
    if let [name] = &names[..] {
        let ty = quote_spanned!(at(output.span())=> #outcome::Ok);
        let hook = method.args.with.as_ref().map(|hook| hooks.hook(hook, None, ty.clone()));
        let codec = Codec { ty, hook, span: output.span() };
        let value = codec.value(core);
        let (wrapped, unwrapped) = (codec.wrap(core, quote!(__result)), codec.unwrap(quote!(__result)));
        return Results {
            fields: {
                let field = codec.field(core, name, &attrs);
                quote!(&[#field])
            },
            wrap: quote!(|__result| (#wrapped,)),
            unwrap: quote!(|(__result,): (#value,)| #unwrapped),
        };
    }
    let fields = names.iter().enumerate().map(|(number, name)| {
        let ty = quote_spanned!(at(output.span())=> <#outcome::Ok as #core::value::Element<#number>>::Type);
        Codec { ty, hook: None, span: output.span() }.field(core, name, &attrs)
    });
    let fields = quote!(&[#(#fields),*]);
    // An alias may hide how long the tuple is.
    let span = method.args.results.as_ref().map_or_else(Span::call_site, |results| results.span);
    let blanks = names.iter().map(|_| quote!(_));
    let length = quote_spanned!(at(span)=> let (#(#blanks),*): &#outcome::Ok = &__results;);
    let unwrap = quote! {
        |__results: #outcome::Ok| {
            #length
            __results
        }
    };
    let wrap = quote!(|__results| __results);
    Results { fields, wrap, unwrap }
}

/// Results of declared types: what the method gives is made of a tuple of them, and becomes one.
fn converted(declared: &args::Results, outcome: &TokenStream, span: Span, core: &TokenStream) -> Results {
    let types = &declared.types;
    let tuple = quote!((#(#types,)*));
    let fields = declared.names.iter().zip(types).map(|(name, ty)| {
        let codec = Codec { ty: ty.to_token_stream(), hook: None, span: ty.span() };
        codec.field(core, &plain(name), &ValueAttrs::default())
    });
    let fields = quote!(&[#(#fields),*]);
    let wrap = quote_spanned!(at(span)=> |__result| <#tuple as ::core::convert::From<#outcome::Ok>>::from(__result));
    let unwrap =
        quote_spanned!(at(span)=> |__results: #tuple| <#outcome::Ok as ::core::convert::From<#tuple>>::from(__results));
    Results { fields, wrap, unwrap }
}

/// The prefix of a path to what the return type has as an outcome.
fn outcome(output: &Type, core: &TokenStream) -> TokenStream {
    let core = path_at(core, output.span());
    quote_spanned!(at(output.span())=> <#output as #core::interface::Outcome>)
}

/// Names of our own: the user's may be those of what stands around them. Errors in them point at the parameters' types.
fn arguments(params: &[Param]) -> Vec<Ident> {
    let names = params.iter().enumerate();
    names.map(|(number, param)| format_ident!("__arg{number}", span = at(param.ty.span()))).collect()
}
