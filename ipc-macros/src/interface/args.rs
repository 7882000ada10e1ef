//! `#[interface(…)]` and `#[method(…)]`.

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Ident, LitInt, LitStr, Token, Type,
    ext::IdentExt,
    meta::ParseNestedMeta,
    parenthesized,
    parse::{Parse, ParseStream, Parser},
};

use crate::{
    attrs::{Hook, key_name, once, span, wire_name},
    errors::Errors,
};

/// What `#[interface(…)]` says.
#[derive(Default)]
pub(super) struct InterfaceArgs {
    /// `bootstrap`
    pub(super) bootstrap: Option<Span>,
    /// `id = 0x…`
    pub(super) id: Option<LitInt>,
    /// `destroy` or `destroy = N`
    pub(super) destroy: Option<(Span, Option<LitInt>)>,
    /// `name = "…"`
    pub(super) name: Option<LitStr>,
}

/// What `#[method(…)]` says.
#[derive(Default)]
pub(super) struct MethodArgs {
    /// `ordinal = N`
    pub(super) ordinal: Option<LitInt>,
    /// `name = "…"`
    pub(super) name: Option<LitStr>,
    /// `no_context`
    pub(super) no_context: Option<Span>,
    /// `results(a, b, c)` or `results(a: A, b: B, c: C)`
    pub(super) results: Option<Results>,
    /// `with = HOOK`
    pub(super) with: Option<Hook>,
    /// `has`
    pub(super) has: Option<Span>,
    /// `since = "31"`
    pub(super) since: Option<LitStr>,
    /// `local`
    pub(super) local: Option<Span>,
}

/// What `results(…)` says: the names; and the types, if the result is made of a tuple of these.
pub(super) struct Results {
    /// Where it stands.
    pub(super) span: Span,
    /// The names.
    pub(super) names: Vec<Ident>,
    /// The types: as many, or none.
    pub(super) types: Vec<Type>,
}

const ON_TRAIT: &[&str] = &["bootstrap", "id", "destroy", "name"];
const ON_METHOD: &[&str] = &["ordinal", "name", "no_context", "results", "with", "has", "since", "local"];

impl InterfaceArgs {
    pub(super) fn parse(args: TokenStream, errors: &mut Errors) -> Self {
        let mut this = Self::default();
        errors.take(syn::meta::parser(|meta| this.key(&meta)).parse2(args));
        if let Some(id) = &this.id
            && errors.take(id.base10_parse::<u64>()).is_some_and(|id| id >> 63 == 0)
        {
            errors.at(id, "an id has its highest bit set, as Cap'n Proto wants it: at least 0x8000000000000000");
        }
        this
    }

    fn key(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        match key_name(meta, ON_TRAIT)?.as_str() {
            "bootstrap" => once(meta, &mut self.bootstrap, span(meta)),
            "id" => once(meta, &mut self.id, meta.value()?.parse()?),
            "destroy" => {
                let ordinal = if meta.input.peek(Token![=]) { Some(meta.value()?.parse()?) } else { None };
                once(meta, &mut self.destroy, (span(meta), ordinal))
            }
            "name" => once(meta, &mut self.name, wire_name(meta)?),
            _ => Ok(()),
        }
    }
}

impl MethodArgs {
    pub(super) fn parse(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut this = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("method")) {
            errors.take(attr.parse_nested_meta(|meta| this.key(&meta)));
        }
        if let (Some(results), Some(_)) = (&this.results, &this.with) {
            let message = "`with` is the hook of a single result: it cannot stand beside `results`";
            errors.add(syn::Error::new(results.span, message));
        }
        if let (Some(results), Some(_)) = (&this.results, this.has) {
            let message = "`has` is the presence bit of a single result: it cannot stand beside `results`";
            errors.add(syn::Error::new(results.span, message));
        }
        this
    }

    fn key(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        match key_name(meta, ON_METHOD)?.as_str() {
            "ordinal" => once(meta, &mut self.ordinal, meta.value()?.parse()?),
            "name" => once(meta, &mut self.name, wire_name(meta)?),
            "no_context" => once(meta, &mut self.no_context, span(meta)),
            "results" => once(meta, &mut self.results, results(meta)?),
            "has" => once(meta, &mut self.has, span(meta)),
            "with" => once(meta, &mut self.with, meta.value()?.call(Hook::parse)?),
            "since" => once(meta, &mut self.since, meta.value()?.parse()?),
            "local" => once(meta, &mut self.local, span(meta)),
            _ => Ok(()),
        }
    }
}

/// Names in parentheses, all with types or none.
fn results(meta: &ParseNestedMeta<'_>) -> syn::Result<Results> {
    let inner;
    parenthesized!(inner in meta.input);
    let parsed = inner.parse_terminated(Named::parse, Token![,])?;
    let (names, types): (Vec<Ident>, Vec<Option<Type>>) =
        parsed.into_iter().map(|named| (named.name, named.ty)).unzip();
    let types: Vec<Type> = types.into_iter().flatten().collect();
    if !types.is_empty() && types.len() != names.len() {
        return Err(meta.error("the types of results stand with all of their names or with none"));
    }
    Ok(Results { span: span(meta), names, types })
}

/// `name` or `name: Type`.
struct Named {
    name: Ident,
    ty: Option<Type>,
}

impl Parse for Named {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = Ident::parse_any(input)?;
        let colon: Option<Token![:]> = input.parse()?;
        let ty = if colon.is_some() { Some(input.parse()?) } else { None };
        Ok(Self { name, ty })
    }
}
