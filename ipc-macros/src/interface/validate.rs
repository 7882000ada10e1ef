//! What an interface may not be.

use proc_macro2::Span;
use syn::{ItemTrait, TraitItemFn};

use super::parse::Interface;
use crate::errors::Errors;

pub(super) fn validate(_interface: &Interface, _item: &ItemTrait, _errors: &mut Errors) {}
pub(super) fn local(_function: &TraitItemFn, _at: Span, _errors: &mut Errors) {}
pub(super) fn not_local(_function: &TraitItemFn, _errors: &mut Errors) {}
