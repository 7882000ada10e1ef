//! The trait as an interface, taken as it stands.

use proc_macro2::TokenStream;
use syn::{
    Attribute, Expr, FnArg, ItemTrait, Lit, Pat, Path, ReturnType, Signature, TraitItem, TraitItemFn, Type,
    TypeParamBound,
};

use super::args::{InterfaceArgs, MethodArgs};
use crate::{
    attrs::{ON_PARAM, ValueAttrs, strip},
    errors::Errors,
    names::plain,
    types::ends_with,
};

/// A trait as an interface.
pub(super) struct Interface {
    /// The attribute's arguments.
    pub(super) args: InterfaceArgs,
    /// The supertraits that are interfaces, or should be.
    pub(super) bases: Vec<Path>,
    /// The methods, those that are `local` aside.
    pub(super) methods: Vec<Method>,
    /// The first paragraph of the documentation.
    pub(super) doc: String,
}

/// A method of it.
pub(super) struct Method {
    /// The signature.
    pub(super) sig: Signature,
    /// The attribute's arguments.
    pub(super) args: MethodArgs,
    /// The parameters, `self` aside.
    pub(super) params: Vec<Param>,
    /// The return type, if there is one.
    pub(super) output: Option<Type>,
}

/// A parameter of a method.
pub(super) struct Param {
    /// The name, empty for a pattern.
    pub(super) name: String,
    /// The type.
    pub(super) ty: Type,
    /// The attribute's arguments.
    pub(super) attrs: ValueAttrs,
}

/// Reads the trait, and takes our attributes off.
pub(super) fn parse(args: TokenStream, item: &mut ItemTrait, errors: &mut Errors) -> Interface {
    let args = InterfaceArgs::parse(args, errors);
    let mut methods = Vec::new();
    for item in &mut item.items {
        if let TraitItem::Fn(function) = item {
            methods.extend(method(function, errors));
        }
    }
    Interface { args, bases: bases(item), methods, doc: first_paragraph(&item.attrs) }
}

fn method(function: &mut TraitItemFn, errors: &mut Errors) -> Option<Method> {
    let args = MethodArgs::parse(&function.attrs, errors);
    strip(&mut function.attrs, "method");
    let params = function.sig.inputs.iter_mut().filter_map(|input| param(input, errors)).collect();
    if let Some(local) = args.local {
        super::validate::local(function, local, errors);
        return None;
    }
    super::validate::not_local(function, errors);
    let output = match &function.sig.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some((**ty).clone()),
    };
    Some(Method { sig: function.sig.clone(), args, params, output })
}

fn param(input: &mut FnArg, errors: &mut Errors) -> Option<Param> {
    let FnArg::Typed(input) = input else { return None };
    let attrs = ValueAttrs::parse(&input.attrs, ON_PARAM, errors);
    strip(&mut input.attrs, "value");
    let name = match &*input.pat {
        Pat::Ident(pat) => plain(&pat.ident),
        _ => String::new(),
    };
    Some(Param { name, ty: (*input.ty).clone(), attrs })
}

/// The supertraits, those that an interface may have without their being interfaces aside.
fn bases(item: &ItemTrait) -> Vec<Path> {
    let paths = item.supertraits.iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => Some(&bound.path),
        _ => None,
    });
    paths.filter(|path| !["Send", "Sync", "Debug"].iter().any(|name| ends_with(path, name))).cloned().collect()
}

fn first_paragraph(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(|attr| {
        let doc = attr.meta.require_name_value().ok().filter(|doc| doc.path.is_ident("doc"))?;
        match &doc.value {
            Expr::Lit(lit) => match &lit.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        }
    });
    let text = lines.flat_map(|line| line.split('\n').map(|line| line.trim().to_owned()).collect::<Vec<_>>());
    let paragraph = text.skip_while(String::is_empty).take_while(|line| !line.is_empty());
    paragraph.collect::<Vec<_>>().join("\n")
}
