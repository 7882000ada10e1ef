//! Fields: their order, and how they are written and read.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Ident, Member as Name, spanned::Spanned};

use super::parse::{Member, Members};
use crate::{
    at::{at, path_at},
    codec::{Codec, Hooks},
    errors::Errors,
};

/// The positions of the fields in the order of their ordinals: all declare one, from 0 on, or none does.
pub(super) fn order(fields: &[Member], errors: &mut Errors) -> Vec<usize> {
    let mut order = vec![None; fields.len()];
    if fields.iter().all(|field| field.attrs.ordinal.is_none()) {
        return (0..fields.len()).collect();
    }
    for (position, field) in fields.iter().enumerate() {
        let Some(at) = &field.attrs.ordinal else {
            errors.at(&field.ty, "`ordinal` stands on all fields or on none");
            continue;
        };
        let Some(ordinal) = errors.take(at.base10_parse::<usize>()) else { continue };
        match order.get_mut(ordinal) {
            None => errors.at(at, format!("the ordinals of {} fields go from 0 to {}", fields.len(), fields.len() - 1)),
            Some(Some(_)) => errors.at(at, format!("ordinal {ordinal} is taken by another field")),
            Some(free) => *free = Some(position),
        }
    }
    order.into_iter().flatten().collect()
}

impl Members {
    /// The fields' codecs, in the order in which they were written.
    pub(super) fn codecs(&self, hooks: &mut Hooks<'_>) -> Vec<Codec> {
        self.fields.iter().map(|field| hooks.codec(&field.ty, &field.attrs)).collect()
    }

    /// `&[Field…]`
    pub(super) fn declared(&self, codecs: &[Codec], core: &TokenStream) -> TokenStream {
        let fields = self.order.iter().map(|&position| {
            let field = &self.fields[position];
            codecs[position].field(core, &field.name, &field.attrs)
        });
        quote!(&[#(#fields),*])
    }

    /// Statements that write the fields, given by references of these names or expressions, to `__fields`.
    pub(super) fn write(&self, codecs: &[Codec], values: &[TokenStream], core: &TokenStream) -> TokenStream {
        let writes = self.order.iter().enumerate().map(|(number, &position)| {
            let (codec, value) = (&codecs[position], &values[position]);
            let core = &path_at(core, codec.span);
            let (ty, marshal) = (&codec.ty, codec.marshal(core));
            quote_spanned! {at(codec.span)=>
                #core::value::FieldWriter::field_with::<#number, #ty, #marshal>(&mut __fields, #value)?;
            }
        });
        quote!(#(#writes)*)
    }

    /// The struct or variant at `path`, read from `__fields`.
    pub(super) fn read(&self, path: &TokenStream, codecs: &[Codec], core: &TokenStream) -> TokenStream {
        let reads = self.order.iter().enumerate().map(|(number, &position)| {
            let codec = &codecs[position];
            let core = &path_at(core, codec.span);
            let (name, ty, marshal) = (self.name(position), &codec.ty, codec.marshal(core));
            quote_spanned! {at(codec.span)=>
                #name: #core::value::FieldReader::field_with::<#number, #ty, #marshal>(&mut __fields)?
            }
        });
        quote!(#path { #(#reads),* })
    }

    /// A pattern that binds the fields to these names.
    pub(super) fn pattern(&self, path: &TokenStream, bindings: &[Ident]) -> TokenStream {
        let names = (0..self.fields.len()).map(|position| self.name(position));
        quote!(#path { #(#names: #bindings),* })
    }

    /// `mut`, unless there is nothing to write or read.
    pub(super) fn mutable(&self) -> Option<TokenStream> {
        (!self.fields.is_empty()).then(|| quote!(mut))
    }

    /// The name by which Rust reaches a field.
    pub(super) fn name(&self, position: usize) -> Name {
        let field = &self.fields[position];
        match &field.ident {
            Some(ident) => Name::Named(ident.clone()),
            None => Name::Unnamed(syn::Index { index: position as u32, span: field.ty.span() }),
        }
    }
}
