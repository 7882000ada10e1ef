//! `#[interface(…)]` and `#[method(…)]`.

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Ident, LitInt, LitStr, Token, meta::ParseNestedMeta, parse::Parser};

use crate::{
    attrs::{Hook, key_name, names, once, span, wire_name},
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
    /// `results(a, b, c)`
    pub(super) results: Option<(Span, Vec<Ident>)>,
    /// `with = HOOK`
    pub(super) with: Option<Hook>,
    /// `since = "31"`
    pub(super) since: Option<LitStr>,
    /// `local`
    pub(super) local: Option<Span>,
}

const ON_TRAIT: &[&str] = &["bootstrap", "id", "destroy", "name"];
const ON_METHOD: &[&str] = &["ordinal", "name", "no_context", "results", "with", "since", "local"];

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
        if let (Some((span, _)), Some(_)) = (&this.results, &this.with) {
            errors
                .add(syn::Error::new(*span, "`with` is the hook of a single result: it cannot stand beside `results`"));
        }
        this
    }

    fn key(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        match key_name(meta, ON_METHOD)?.as_str() {
            "ordinal" => once(meta, &mut self.ordinal, meta.value()?.parse()?),
            "name" => once(meta, &mut self.name, wire_name(meta)?),
            "no_context" => once(meta, &mut self.no_context, span(meta)),
            "results" => once(meta, &mut self.results, (span(meta), names(meta)?)),
            "with" => once(meta, &mut self.with, meta.value()?.call(Hook::parse)?),
            "since" => once(meta, &mut self.since, meta.value()?.parse()?),
            "local" => once(meta, &mut self.local, span(meta)),
            _ => Ok(()),
        }
    }
}
