//! The type as a value.

use syn::{Attribute, DataEnum, DataStruct, DeriveInput, Fields, Ident, LitInt, LitStr, Type, spanned::Spanned};

use super::fields;
use crate::{
    attrs::{ON_FIELD, ON_TYPE, ON_VARIANT, ValueAttrs},
    errors::Errors,
    generics,
    names::plain,
    tags, types,
};

/// The type itself.
pub(super) struct Target<'a> {
    /// As it was written.
    pub(super) item: &'a DeriveInput,
    /// Its name on the wire.
    pub(super) name: String,
    /// Whether all of it goes through serde.
    pub(super) opaque: bool,
}

/// What it is made of.
pub(super) enum Body {
    /// Fields.
    Struct(Members),
    /// Variants.
    Enum(Enum),
}

/// The fields of a struct or a variant.
pub(super) struct Members {
    /// In the order in which they were written.
    pub(super) fields: Vec<Member>,
    /// The positions in `fields`, in the order of the ordinals.
    pub(super) order: Vec<usize>,
    /// How they are written.
    pub(super) style: Style,
}

/// How fields are written.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    /// `{ a: A }`
    Named,
    /// `(A)`
    Tuple,
    /// Not at all.
    Unit,
}

/// A field.
pub(super) struct Member {
    /// Its name in Rust, if it has one.
    pub(super) ident: Option<Ident>,
    /// Its name in a schema.
    pub(super) name: String,
    /// Its type.
    pub(super) ty: Type,
    /// The attribute's arguments.
    pub(super) attrs: ValueAttrs,
}

/// An enum.
pub(super) struct Enum {
    /// The integer type of `#[repr(…)]`.
    pub(super) repr: Option<Ident>,
    /// The variants.
    pub(super) variants: Vec<Variant>,
}

/// A variant.
pub(super) struct Variant {
    /// Its name in Rust.
    pub(super) ident: Ident,
    /// Its name in a schema.
    pub(super) name: String,
    /// `tag = N`
    pub(super) tag: Option<LitInt>,
    /// Its fields.
    pub(super) members: Members,
    /// Whether it wraps an exception.
    pub(super) exception: bool,
}

impl<'a> Target<'a> {
    pub(super) fn parse(item: &'a DeriveInput, errors: &mut Errors) -> Self {
        let attrs = ValueAttrs::parse(&item.attrs, ON_TYPE, errors);
        generics::reject_lifetimes(&item.generics, errors);
        if let Some(opaque) = attrs.opaque
            && !item.generics.params.is_empty()
        {
            let message = "a generic type cannot be opaque as a whole: put `opaque` on its fields, or use `Opaque<T>`";
            errors.add(syn::Error::new(opaque, message));
        }
        Self { item, name: name(attrs.name.as_ref(), &item.ident), opaque: attrs.opaque.is_some() }
    }
}

impl Enum {
    /// Whether it is nothing but a number.
    pub(super) fn is_plain(&self) -> bool {
        self.variants.iter().all(|variant| variant.members.style == Style::Unit)
    }
}

/// Reads a struct.
pub(super) fn structure(data: &DataStruct, opaque: bool, errors: &mut Errors) -> Option<Members> {
    Some(members(&data.fields, "field", opaque, errors))
}

/// Reads an enum.
pub(super) fn enumeration(item: &DeriveInput, data: &DataEnum, opaque: bool, errors: &mut Errors) -> Option<Enum> {
    let repr = repr(&item.attrs, errors);
    if data.variants.is_empty() {
        errors.at(&item.ident, "an enum without variants has no value that could cross");
    }
    let variants = data.variants.iter().map(|variant| {
        let attrs = ValueAttrs::parse(&variant.attrs, ON_VARIANT, errors);
        if let (Some((_, discriminant)), None) = (&variant.discriminant, &repr) {
            let message = "without `#[repr(u8)]` or the like the number on the wire is the variant's position: \
                           add the `repr`, or take the discriminant off";
            errors.at(discriminant, message);
        }
        if attrs.exception.is_some() && !matches!(&variant.fields, Fields::Unnamed(fields) if fields.unnamed.len() == 1)
        {
            errors.at(variant, "`exception` belongs on a variant with one unnamed field: `Ipc(ipc::Exception)`");
        }
        Variant {
            ident: variant.ident.clone(),
            name: name(attrs.name.as_ref(), &variant.ident),
            members: members(&variant.fields, "", opaque, errors),
            exception: attrs.exception.is_some(),
            tag: attrs.tag,
        }
    });
    let enumeration = Enum { variants: variants.collect(), repr };
    let tags = enumeration.variants.iter().filter(|variant| !variant.exception).map(|variant| variant.tag.as_ref());
    tags::check(tags, errors);
    if enumeration.is_plain()
        && let Some(tag) = enumeration.variants.iter().find_map(|variant| variant.tag.as_ref())
    {
        errors.at(tag, "an enum without data is a number: give it a `#[repr(i32)]` or the like, and discriminants");
    }
    if let (Some(repr), false) = (&enumeration.repr, enumeration.is_plain()) {
        errors.at(repr, "only an enum without data crosses as an integer: take the `repr` off, or the fields");
    }
    Some(enumeration)
}

fn members(source: &Fields, prefix: &str, opaque: bool, errors: &mut Errors) -> Members {
    let style = match source {
        Fields::Named(_) => Style::Named,
        Fields::Unnamed(_) => Style::Tuple,
        Fields::Unit => Style::Unit,
    };
    let parsed = source.iter().enumerate().map(|(number, field)| {
        let attrs = ValueAttrs::parse(&field.attrs, ON_FIELD, errors);
        crate::fields::check(&field.ty, &attrs, errors);
        if attrs.with.is_none() && attrs.opaque.is_none() && !opaque {
            types::check_field(&field.ty, errors);
        }
        Member {
            ident: field.ident.clone(),
            name: field.ident.as_ref().map_or_else(|| format!("{prefix}{number}"), plain),
            ty: field.ty.clone(),
            attrs,
        }
    });
    let fields: Vec<Member> = parsed.collect();
    let order = fields::order(&fields, errors);
    tags::check(order.iter().map(|&position| fields[position].attrs.tag.as_ref()), errors);
    Members { fields, order, style }
}

fn name(declared: Option<&LitStr>, ident: &Ident) -> String {
    declared.map_or_else(|| plain(ident), LitStr::value)
}

/// The integer type of `#[repr(…)]`.
fn repr(attrs: &[Attribute], errors: &mut Errors) -> Option<Ident> {
    let mut repr = None;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("repr")) {
        // What the compiler does not know, it reports itself.
        let _ = attr.parse_nested_meta(|meta| {
            let Some(ident) = meta.path.get_ident() else { return Ok(()) };
            match ident.to_string().as_str() {
                "u8" | "u16" | "u32" | "u64" | "i8" | "i16" | "i32" | "i64" => repr = Some(ident.clone()),
                "usize" | "isize" | "u128" | "i128" => errors.add(syn::Error::new(
                    meta.path.span(),
                    "an enum crosses as an integer of 8, 16, 32 or 64 bits: write `#[repr(u32)]` or the like",
                )),
                _ => {}
            }
            Ok(())
        });
    }
    repr
}
