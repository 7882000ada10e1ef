//! What an interface may not be. Each error says what to write instead.

use proc_macro2::Span;
use syn::{FnArg, GenericParam, Generics, ItemTrait, Path, Signature, TraitItem, TraitItemFn, Type, TypeParamBound};

use super::{
    args::Results,
    parse::{Interface, Method},
};
use crate::{
    errors::Errors,
    fields, generics, tags,
    types::{self, ends_with},
};

/// Results of their own that a method may have.
const MAX_RESULTS: usize = 8;
/// Parameters that a method may have: the longest tuple that is a value.
const MAX_PARAMS: usize = 12;
/// Supertraits that people write, and that have no objects in another process.
const NO_INTERFACES: &[&str] = &[
    "Any",
    "Clone",
    "Copy",
    "Default",
    "Display",
    "Drop",
    "Eq",
    "Error",
    "Hash",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Sized",
];

/// Checks the trait, and those of its methods that are on the wire.
pub(super) fn validate(interface: &Interface, item: &ItemTrait, errors: &mut Errors) {
    if let Some(token) = &item.unsafety {
        errors.at(
            token,
            "an interface cannot be `unsafe`: what the other process does cannot be promised; remove `unsafe`",
        );
    }
    if let Some(token) = &item.auto_token {
        errors.at(token, "an interface cannot be `auto`: remove it");
    }
    generics::reject_lifetimes(&item.generics, errors);
    supertraits(interface, item, errors);
    for other in &item.items {
        no_method(other, errors);
    }
    for method in &interface.methods {
        signature(method, errors);
    }
}

/// Checks a method that is marked `local`.
pub(super) fn local(function: &TraitItemFn, local: Span, errors: &mut Errors) {
    if function.default.is_none() {
        errors.add(syn::Error::new(
            local,
            "a `local` method runs in the calling process: give it a body, or remove `local`",
        ));
    }
    if !function.sig.generics.params.is_empty() && !needs_sized(&function.sig.generics) {
        errors.at(
            &function.sig.generics.params,
            "a generic method cannot be called on `dyn Trait`: add `where Self: Sized`",
        );
    }
}

/// Checks what a method on the wire has besides its signature.
pub(super) fn not_local(function: &TraitItemFn, errors: &mut Errors) {
    if let Some(body) = &function.default {
        let message = "a method with a body is not part of the wire: mark it `#[method(local)]`, or remove the body";
        errors.at(body, message);
    }
    for attr in function.attrs.iter().filter(|attr| attr.path().is_ident("cfg")) {
        errors.at(attr, "the methods of an interface are the same in every build: put `#[cfg]` on the trait");
    }
}

/// Whether a supertrait is one that people write, and that has no objects in another process.
pub(super) fn is_no_interface(base: &Path) -> bool {
    NO_INTERFACES.iter().any(|name| ends_with(base, name))
}

fn supertraits(interface: &Interface, item: &ItemTrait, errors: &mut Errors) {
    for base in &interface.bases {
        if let Some(name) = NO_INTERFACES.iter().find(|name| ends_with(base, name)) {
            errors.at(
                base,
                format!("`{name}` is no interface: besides interfaces, a trait may extend `Send`, `Sync` and `Debug`"),
            );
        }
    }
    let has = |name| item.supertraits.iter().any(|bound| names(bound, name));
    if interface.bases.is_empty() && !(has("Send") && has("Sync")) {
        let message =
            "the objects of an interface are called from any thread: write `: Send + Sync` after the trait's name";
        errors.at(&item.ident, message);
    }
}

fn names(bound: &TypeParamBound, name: &str) -> bool {
    matches!(bound, TypeParamBound::Trait(bound) if ends_with(&bound.path, name))
}

fn no_method(item: &TraitItem, errors: &mut Errors) {
    match item {
        TraitItem::Fn(_) => {}
        TraitItem::Const(item) => {
            errors.at(item, "an interface has methods only: make the constant a method, or a `const` outside")
        }
        TraitItem::Type(item) => {
            errors.at(item, "an interface has methods only: make the associated type a type parameter of the trait")
        }
        other => errors.at(other, "an interface has methods only: a macro's are not seen here; write them out"),
    }
}

fn signature(method: &Method, errors: &mut Errors) {
    let sig = &method.sig;
    qualifiers(sig, errors);
    receiver(sig, errors);
    method_generics(&sig.generics, errors);
    tags::check(method.params.iter().map(|param| param.attrs.tag.as_ref()), errors);
    parameters(method, errors);
    output(method, errors);
}

fn qualifiers(sig: &Signature, errors: &mut Errors) {
    if let Some(token) = &sig.asyncness {
        errors.at(token, "`async fn` in an interface comes later: write a blocking method, `fn`");
    }
    if let Some(token) = &sig.unsafety {
        errors.at(token, "a method of an interface cannot be `unsafe`: its caller is another process; remove `unsafe`");
    }
    if let Some(token) = &sig.constness {
        errors.at(token, "a method of an interface cannot be `const`: remove it");
    }
    if let Some(abi) = &sig.abi {
        errors.at(abi, "a method of an interface has Rust's calling convention: remove it");
    }
    if let Some(variadic) = &sig.variadic {
        errors.at(variadic, "a method of an interface has a fixed number of parameters: write a `Vec`");
    }
}

fn receiver(sig: &Signature, errors: &mut Errors) {
    let Some(FnArg::Receiver(receiver)) = sig.inputs.first() else {
        errors.at(&sig.ident, "a method of an interface is called on an object: write `&self` as its first parameter");
        return;
    };
    let shared = receiver.reference.is_some() && receiver.mutability.is_none() && receiver.colon_token.is_none();
    if !shared {
        let message = "the object is shared with another process and its threads: write `&self`; \
                       what changes goes behind a `Mutex`";
        errors.at(receiver, message);
    }
}

fn method_generics(generics: &Generics, errors: &mut Errors) {
    for param in &generics.params {
        match param {
            GenericParam::Lifetime(lifetime) => {
                errors.at(lifetime, "nothing that crosses to another process can borrow: remove the lifetime");
            }
            other => {
                let message = "a method of an interface cannot be generic: its caller is another process; \
                               write the types out, or put the parameter on the trait";
                errors.at(other, message);
            }
        }
    }
    if let Some(clause) = &generics.where_clause {
        errors.at(clause, "a method of an interface is there for every object: remove the `where` clause");
    }
}

fn parameters(method: &Method, errors: &mut Errors) {
    let inputs = method.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(input) => Some(input),
        FnArg::Receiver(_) => None,
    });
    for (input, param) in inputs.zip(&method.params) {
        if param.name.is_empty() {
            errors.at(&input.pat, "a parameter's name is part of the wire: write a name, not a pattern");
        }
        types::check_in_trait(&param.ty, errors);
        fields::check(&param.ty, &param.attrs, errors);
    }
    if let Some(param) = method.params.get(MAX_PARAMS) {
        let message =
            format!("a method has at most {MAX_PARAMS} parameters: put them into a struct that derives `Value`");
        errors.at(&param.ty, message);
    }
}

fn output(method: &Method, errors: &mut Errors) {
    let must =
        "a method of an interface must return a `Result`: the other process can always be gone; write `-> ipc::Result";
    match &method.output {
        None => errors.at(&method.sig, format!("{must}<()>`")),
        Some(Type::Tuple(tuple)) if tuple.elems.is_empty() => errors.at(tuple, format!("{must}<()>`")),
        Some(ty) => types::check_in_trait(ty, errors),
    }
    let Some(Results { span, names, types }) = &method.args.results else { return };
    if names.len() > MAX_RESULTS {
        errors.add(syn::Error::new(
            *span,
            format!("at most {MAX_RESULTS} results: put them into a struct that derives `Value`"),
        ));
    }
    for ty in types {
        types::check_in_trait(ty, errors);
    }
    if types.is_empty()
        && let Some(Type::Tuple(tuple)) = method.output.as_ref().and_then(result_type)
        && names.len() != 1
        && names.len() != tuple.elems.len()
    {
        let message = format!("{} names for a tuple of {}: name each element once", names.len(), tuple.elems.len());
        errors.add(syn::Error::new(*span, message));
    }
}

/// `T` of `Result<T, …>`.
fn result_type(output: &Type) -> Option<&Type> {
    let Type::Path(path) = output else { return None };
    let segment = path.path.segments.last().filter(|segment| segment.ident == "Result")?;
    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// Whether a method is for sized types only, and so not there for a `dyn Trait`.
pub(super) fn needs_sized(generics: &Generics) -> bool {
    let Some(clause) = &generics.where_clause else { return false };
    clause.predicates.iter().any(|predicate| match predicate {
        syn::WherePredicate::Type(predicate) => {
            matches!(&predicate.bounded_ty, Type::Path(path) if path.path.is_ident("Self"))
                && predicate.bounds.iter().any(|bound| names(bound, "Sized"))
        }
        _ => false,
    })
}
