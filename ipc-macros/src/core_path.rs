//! How the expansions name the core.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Ident;

/// The library name of the package `trait-ipc`.
const FACADE: &str = "ipc";

/// The path of the core as the user's crate sees it: `ipc-core` if it depends on it, else what the facade re-exports.
/// Both may be renamed.
pub(crate) fn core_path() -> syn::Result<TokenStream> {
    if let Ok(found) = crate_name("ipc-core") {
        let name = ident(found, "ipc_core", "ipc_core");
        return Ok(quote!(::#name));
    }
    match crate_name("trait-ipc") {
        Ok(found) => {
            let name = ident(found, "trait_ipc", FACADE);
            Ok(quote!(::#name::__core))
        }
        Err(_) => Err(syn::Error::new(
            Span::call_site(),
            "this crate depends neither on `trait-ipc` nor on `ipc-core`: add one of them to `[dependencies]`",
        )),
    }
}

/// The name of a crate. A dependency that was not renamed goes by its library's name, which Cargo.toml does not tell.
fn ident(found: FoundCrate, package: &str, library: &str) -> Ident {
    let name = match &found {
        FoundCrate::Itself => library,
        FoundCrate::Name(name) if name == package => library,
        FoundCrate::Name(name) => name,
    };
    Ident::new(name, Span::call_site())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facade_goes_by_its_librarys_name_unless_renamed() {
        let name = |found| ident(found, "trait_ipc", FACADE).to_string();
        assert_eq!(name(FoundCrate::Itself), "ipc");
        assert_eq!(name(FoundCrate::Name("trait_ipc".into())), "ipc");
        assert_eq!(name(FoundCrate::Name("other".into())), "other");
    }
}
