//! Structs.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{
    expand::{Items, type_name},
    parse::{Members, Target},
};
use crate::{
    at::{at, path_at},
    codec::Hooks,
};

/// A struct with fields, or none.
pub(super) fn record(target: &Target<'_>, members: &Members, hooks: &mut Hooks<'_>, core: &TokenStream) -> Items {
    let codecs = members.codecs(hooks);
    let fields = members.declared(&codecs, core);
    let name = type_name(target, core);
    let mutable = members.mutable();
    let values: Vec<TokenStream> = (0..members.fields.len())
        .map(|position| {
            let name = members.name(position);
            quote!(&self.#name)
        })
        .collect();
    let writes = members.write(&codecs, &values, core);
    let value = members.read(&quote!(Self), &codecs, core);
    Items {
        kind: quote!(#core::value::Kind::Ptr(#core::value::Ptr::Struct)),
        shape: Some(quote!(#core::value::Shape::Record(#fields))),
        ty: quote!(#core::value::Type::Named(#name, <Self as #core::value::Value>::SHAPE)),
        write: quote! {
            let #mutable __fields = #core::value::Writer::record::<#core::value::Of<Self>>(__writer)?;
            #writes
            #core::value::FieldWriter::end(__fields)
        },
        read: quote! {
            let #mutable __fields = #core::value::Reader::record::<#core::value::Of<Self>>(__reader)?;
            ::core::result::Result::Ok(#value)
        },
        as_exception: None,
        checks: TokenStream::new(),
    }
}

/// A struct with a single unnamed field: it is that field on the wire.
pub(super) fn transparent(members: &Members, hooks: &mut Hooks<'_>, core: &TokenStream) -> Items {
    let codec = members.codecs(hooks).remove(0);
    let core = &path_at(core, codec.span);
    let ty = &codec.ty;
    let inner = codec.value(core);
    let value = quote_spanned!(at(codec.span)=> <#inner as #core::value::Value>);
    let (write, read) = match &codec.hook {
        None => (quote!(#value::write(&self.0, __writer)), quote!(#value::read(__reader))),
        Some(hook) => {
            let marshal = quote!(<#hook as #core::value::Marshal<#ty>>);
            (quote!(#marshal::write(&self.0, __writer)), quote!(#marshal::read(__reader)))
        }
    };
    Items {
        kind: quote!(#value::KIND),
        shape: Some(quote!(#value::SHAPE)),
        ty: quote!(#value::ty()),
        write,
        read: quote!(#read.map(Self)),
        as_exception: codec.hook.is_none().then(|| quote!(#value::as_exception(&self.0))),
        checks: TokenStream::new(),
    }
}
