//! What the types that cross may not be.

use quote::ToTokens;
use syn::{
    GenericArgument, Path, PathArguments, ReturnType, Type, TypeImplTrait, TypeParamBound, TypeReference,
    TypeTraitObject,
    visit::{self, Visit},
};

use crate::errors::Errors;

/// Looks through the type of a field for what cannot cross. What looks right but is no value, the compiler finds.
pub(crate) fn check_field(ty: &Type, errors: &mut Errors) {
    Checker { in_trait: false, errors }.visit_type(ty);
}

/// Looks through a type in a method's signature.
pub(crate) fn check_in_trait(ty: &Type, errors: &mut Errors) {
    Checker { in_trait: true, errors }.visit_type(ty);
}

struct Checker<'a> {
    in_trait: bool,
    errors: &'a mut Errors,
}

impl Visit<'_> for Checker<'_> {
    fn visit_type_reference(&mut self, ty: &TypeReference) {
        let write = owned(&ty.elem);
        self.errors.at(ty, format!("a reference cannot cross to another process: write `{write}`"));
    }

    fn visit_type_impl_trait(&mut self, ty: &TypeImplTrait) {
        let bounds = &ty.bounds;
        let message = format!(
            "`impl Trait` makes the method generic, and its caller is another process: write `Arc<dyn {}>`",
            show(bounds)
        );
        self.errors.at(ty, message);
    }

    fn visit_path(&mut self, path: &Path) {
        if self.in_trait && path.is_ident("Self") {
            self.errors
                .at(path, "`Self` is a type that only one process knows: write `Arc<dyn Trait>` with the trait's name");
        } else if let Some(object) = object_in(path, "Box") {
            let message =
                format!("an object crosses by reference, and both processes hold it: write `Arc<{}>`", show(object));
            self.errors.at(path, message);
        }
        visit::visit_path(self, path);
    }

    fn visit_type_trait_object(&mut self, ty: &TypeTraitObject) {
        for closure in closures(ty) {
            self.closure(ty, closure);
        }
        visit::visit_type_trait_object(self, ty);
    }
}

impl Checker<'_> {
    fn closure(&mut self, ty: &TypeTraitObject, path: &Path) {
        let Some(segment) = path.segments.last() else { return };
        if segment.ident != "Fn" {
            let message = "a closure that crosses may be called from any thread, any number of times: write `Fn`";
            self.errors.at(&segment.ident, message);
        }
        if let PathArguments::Parenthesized(arguments) = &segment.arguments
            && matches!(arguments.output, ReturnType::Default)
        {
            let message = format!(
                "a closure that crosses must return a `Result`: the other process can always be gone; write `{} -> ipc::Result<()>`",
                show(path)
            );
            self.errors.at(path, message);
        }
        let has = |name| ty.bounds.iter().any(|bound| is(bound, name));
        if !(has("Send") && has("Sync")) {
            let message =
                format!("a closure that crosses is called on another thread: write `dyn {} + Send + Sync`", show(path));
            self.errors.at(ty, message);
        }
    }
}

/// Whether `Self` stands in it.
pub(crate) fn mentions_self(ty: &Type) -> bool {
    struct Finder(bool);
    impl Visit<'_> for Finder {
        fn visit_path(&mut self, path: &Path) {
            self.0 |= path.segments.first().is_some_and(|first| first.ident == "Self");
            visit::visit_path(self, path);
        }
    }
    let mut finder = Finder(false);
    finder.visit_type(ty);
    finder.0
}

/// Whether a path's last segment is this name.
pub(crate) fn ends_with(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == name)
}

/// The bounds that are closures.
fn closures(ty: &TypeTraitObject) -> impl Iterator<Item = &Path> {
    ty.bounds.iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) if ["Fn", "FnMut", "FnOnce"].iter().any(|name| ends_with(&bound.path, name)) => {
            Some(&bound.path)
        }
        _ => None,
    })
}

fn is(bound: &TypeParamBound, name: &str) -> bool {
    matches!(bound, TypeParamBound::Trait(bound) if ends_with(&bound.path, name))
}

/// `dyn Trait` of `Name<dyn Trait>`.
fn object_in<'a>(path: &'a Path, name: &str) -> Option<&'a TypeTraitObject> {
    let segment = path.segments.last().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(Type::TraitObject(object)) => Some(object),
        _ => None,
    }
}

/// What to write instead of a reference.
fn owned(ty: &Type) -> String {
    match ty {
        Type::Slice(slice) => format!("Vec<{}>", show(&slice.elem)),
        Type::TraitObject(object) => format!("Arc<{}>", show(object)),
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        Type::Path(path) if path.path.is_ident("Path") => "PathBuf".to_owned(),
        Type::Paren(paren) => owned(&paren.elem),
        Type::Reference(reference) => owned(&reference.elem),
        _ => show(ty),
    }
}

/// Tokens as people write them.
fn show(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    let tight =
        [(" < ", "<"), (" >", ">"), ("< ", "<"), (" <", "<"), (" ,", ","), (" :: ", "::"), ("& ", "&"), (" (", "(")];
    let text = tight.iter().fold(text, |text, (from, to)| text.replace(from, to));
    text.replace("->", " -> ").replace("  ", " ").replace("- >", "->")
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;

    use super::*;

    fn shown(tokens: TokenStream) -> String {
        show(&tokens)
    }

    #[test]
    fn types_read_as_people_write_them() {
        assert_eq!(shown(quote!(Vec<(u8, std::string::String)>)), "Vec<(u8, std::string::String)>");
        assert_eq!(shown(quote!(dyn Fn(u8, &str) -> Result<bool> + Send)), "dyn Fn(u8, &str) -> Result<bool> + Send");
    }
}
