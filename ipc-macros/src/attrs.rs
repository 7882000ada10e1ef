//! `#[value(…)]`, on parameters, fields, variants and types.

use proc_macro2::Span;
use syn::{Attribute, Expr, LitInt, LitStr, Path, meta::ParseNestedMeta, parenthesized, parse::ParseStream, token};

use crate::errors::Errors;

/// What `#[value(…)]` says.
#[derive(Default)]
pub(crate) struct ValueAttrs {
    /// `with = HOOK`
    pub(crate) with: Option<Hook>,
    /// `opaque`
    pub(crate) opaque: Option<Span>,
    /// `default = EXPR`
    pub(crate) default: Option<Expr>,
    /// `has`
    pub(crate) has: Option<Span>,
    /// `name = "…"`
    pub(crate) name: Option<LitStr>,
    /// `ordinal = N`
    pub(crate) ordinal: Option<LitInt>,
    /// `tag = N`
    pub(crate) tag: Option<LitInt>,
    /// `exception`
    pub(crate) exception: Option<Span>,
}

/// A hook: a module, or an optional or a list of what another marshals.
pub(crate) enum Hook {
    /// `module`
    Module(Path),
    /// `option(HOOK)`
    Option(Box<Self>),
    /// `list(HOOK)`
    List(Box<Self>),
}

/// On a parameter of an interface method.
pub(crate) const ON_PARAM: &[&str] = &["with", "opaque", "default", "has", "name", "tag"];
/// On a field of a struct or a variant.
pub(crate) const ON_FIELD: &[&str] = &["with", "opaque", "default", "has", "name", "ordinal", "tag"];
/// On a variant of an enum.
pub(crate) const ON_VARIANT: &[&str] = &["name", "exception", "tag"];
/// On a type.
pub(crate) const ON_TYPE: &[&str] = &["opaque", "name"];

impl ValueAttrs {
    /// Reads all `#[value(…)]` among `attrs`, where only the keys in `allowed` may stand.
    pub(crate) fn parse(attrs: &[Attribute], allowed: &[&str], errors: &mut Errors) -> Self {
        let mut this = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("value")) {
            errors.take(attr.parse_nested_meta(|meta| this.key(&meta, allowed)));
        }
        if let (Some(_), Some(span)) = (&this.with, this.opaque) {
            errors.add(syn::Error::new(span, "`opaque` is a hook itself: it cannot stand beside `with`"));
        }
        this
    }

    fn key(&mut self, meta: &ParseNestedMeta<'_>, allowed: &[&str]) -> syn::Result<()> {
        let key = key_name(meta, allowed)?;
        match key.as_str() {
            "with" => once(meta, &mut self.with, meta.value()?.call(Hook::parse)?),
            "opaque" => once(meta, &mut self.opaque, span(meta)),
            "default" => once(meta, &mut self.default, meta.value()?.parse()?),
            "has" => once(meta, &mut self.has, span(meta)),
            "name" => once(meta, &mut self.name, wire_name(meta)?),
            "ordinal" => once(meta, &mut self.ordinal, meta.value()?.parse()?),
            "tag" => once(meta, &mut self.tag, meta.value()?.parse()?),
            "exception" => once(meta, &mut self.exception, span(meta)),
            _ => Ok(()),
        }
    }
}

impl Hook {
    /// Parses `module`, `option(HOOK)` or `list(HOOK)`.
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path = Path::parse_mod_style(input)?;
        if !input.peek(token::Paren) {
            return Ok(Self::Module(path));
        }
        let inner;
        parenthesized!(inner in input);
        let hook = Box::new(inner.call(Self::parse)?);
        if !inner.is_empty() {
            return Err(inner.error("expected one hook: the path of a module, `option(HOOK)` or `list(HOOK)`"));
        }
        match path.get_ident().map(ToString::to_string).as_deref() {
            Some("option") => Ok(Self::Option(hook)),
            Some("list") => Ok(Self::List(hook)),
            _ => Err(syn::Error::new_spanned(path, "expected the path of a module, `option(HOOK)` or `list(HOOK)`")),
        }
    }
}

/// The key, if it may stand here.
pub(crate) fn key_name(meta: &ParseNestedMeta<'_>, allowed: &[&str]) -> syn::Result<String> {
    let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
    if allowed.contains(&key.as_str()) {
        return Ok(key);
    }
    let known = allowed.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    Err(meta.error(format!("unknown attribute; here may stand: {known}")))
}

/// Sets what may be set once.
pub(crate) fn once<T>(meta: &ParseNestedMeta<'_>, slot: &mut Option<T>, value: T) -> syn::Result<()> {
    if slot.is_some() {
        return Err(meta.error("given twice: remove one of the two"));
    }
    *slot = Some(value);
    Ok(())
}

/// `= "name"`, a name that schemas may have.
pub(crate) fn wire_name(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    let name: LitStr = meta.value()?.parse()?;
    let text = name.value();
    let legal = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if legal {
        return Ok(name);
    }
    Err(syn::Error::new(name.span(), "a name in a schema is an ASCII letter and then letters, digits and `_`"))
}

/// Where the key stands.
pub(crate) fn span(meta: &ParseNestedMeta<'_>) -> Span {
    syn::spanned::Spanned::span(&meta.path)
}

/// Takes the attributes that go by `name` off.
pub(crate) fn strip(attrs: &mut Vec<Attribute>, name: &str) {
    attrs.retain(|attr| !attr.path().is_ident(name));
}
