//! Attributes of parameters and fields that their types do not allow.

use syn::{Type, spanned::Spanned};

use crate::{attrs::ValueAttrs, errors::Errors};

/// Types by whose name it is certain that they are not plain numbers.
const NO_PRIMITIVES: &[&str] = &["Arc", "Box", "HashMap", "Option", "PathBuf", "String", "Vec"];

/// Checks attributes against a type, as far as its tokens tell. The compiler finds the rest, in a constant.
pub(crate) fn check(ty: &Type, attrs: &ValueAttrs, errors: &mut Errors) {
    let name = match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    };
    if let Some(has) = attrs.has
        && name.as_deref() != Some("Option")
    {
        errors.add(syn::Error::new(
            has,
            "`has` belongs on an `Option`: it is the bit that says whether the value is there",
        ));
    }
    let primitive = match &name {
        Some(name) => !NO_PRIMITIVES.contains(&name.as_str()),
        None => false,
    };
    if let Some(default) = &attrs.default
        && attrs.with.is_none()
        && (!primitive || attrs.opaque.is_some())
    {
        let message = "only a number or a `bool` can have a default: other types read as empty when they are missing";
        errors.add(syn::Error::new(default.span(), message));
    }
}
