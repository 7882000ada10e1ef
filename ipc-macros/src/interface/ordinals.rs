//! The numbers of the methods on the wire.

use std::collections::BTreeMap;

use proc_macro2::Span;
use syn::LitInt;

use super::parse::Interface;
use crate::errors::Errors;

/// The numbers of an interface.
#[derive(Default)]
pub(super) struct Ordinals {
    /// Of `destroy`, if it has one.
    pub(super) destroy: Option<u16>,
    /// Of the methods, in the order of the trait.
    pub(super) methods: Vec<u16>,
}

/// Declared numbers are taken first; the others get the lowest free ones, `destroy` before the methods.
pub(super) fn assign(interface: &Interface, errors: &mut Errors) -> Ordinals {
    let mut taken = Taken(BTreeMap::new());
    if interface.args.bootstrap.is_some() {
        taken.0.insert(0, "construct".to_owned());
    }
    let destroy = interface.args.destroy.as_ref();
    let declared_destroy =
        destroy.and_then(|(_, ordinal)| ordinal.as_ref()).map(|at| taken.declare("destroy", at, errors));
    let declared: Vec<_> = interface
        .methods
        .iter()
        .map(|method| method.args.ordinal.as_ref().map(|at| taken.declare(&method.sig.ident.to_string(), at, errors)))
        .collect();
    let destroy = destroy.map(|(span, _)| declared_destroy.unwrap_or_else(|| taken.free("destroy", *span, errors)));
    let methods = interface.methods.iter().zip(declared).map(|(method, declared)| {
        declared.unwrap_or_else(|| taken.free(&method.sig.ident.to_string(), method.sig.ident.span(), errors))
    });
    Ordinals { destroy, methods: methods.collect() }
}

/// The numbers that are taken, and by whom.
struct Taken(BTreeMap<u16, String>);

impl Taken {
    fn declare(&mut self, name: &str, at: &LitInt, errors: &mut Errors) -> u16 {
        let Some(ordinal) = errors.take(at.base10_parse::<u16>()) else { return u16::MAX };
        if ordinal == u16::MAX {
            errors.at(at, "an ordinal is at most 65534");
        } else if let Some(other) = self.0.insert(ordinal, name.to_owned()) {
            errors.at(at, taken(ordinal, &other));
        }
        ordinal
    }

    fn free(&mut self, name: &str, span: Span, errors: &mut Errors) -> u16 {
        let Some(ordinal) = (0..u16::MAX).find(|ordinal| !self.0.contains_key(ordinal)) else {
            errors.add(syn::Error::new(span, "no ordinal is left"));
            return u16::MAX;
        };
        self.0.insert(ordinal, name.to_owned());
        ordinal
    }
}

fn taken(ordinal: u16, by: &str) -> String {
    match by {
        "construct" => format!("ordinal {ordinal} is taken by `construct`, the hand-shake of a bootstrap interface"),
        "destroy" => format!("ordinal {ordinal} is taken by `destroy`"),
        _ => format!("ordinal {ordinal} is taken by the method `{by}`"),
    }
}
