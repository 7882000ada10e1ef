//! Which number a field has, and what form: the rules that writing, reading and the derived `.proto` share.

use ipc_core::value::{Field, Kind, Ptr, Variant};

/// How the field of a message holds a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// A number, text, bytes or a message, in the field itself. Absent, it reads as empty.
    Plain,
    /// The same, and the field tells whether it is there.
    Optional,
    /// The field, any number of times.
    Repeated,
    /// A message of one field, which holds the value: where a list or an optional could not be told from its absence.
    Wrapped,
}

/// The form of a field of this kind.
pub(crate) const fn form(kind: Kind) -> Form {
    match kind {
        Kind::Prim(_) => Form::Plain,
        Kind::Ptr(Ptr::List) => Form::Repeated,
        Kind::Ptr(_) => Form::Plain,
        Kind::OptPtr(Ptr::List) | Kind::HasPtr(Ptr::List) | Kind::Boxed => Form::Wrapped,
        Kind::OptPrim(_) | Kind::OptPtr(_) | Kind::HasPtr(_) => Form::Optional,
    }
}

/// Whether an optional of a value of this kind is a message around it.
pub(crate) const fn optional_is_wrapped(kind: Kind) -> bool {
    matches!(form(kind.optional()), Form::Wrapped)
}

/// Whether an element of this kind stands in a list as a message around it.
pub(crate) const fn element_is_wrapped(kind: Kind) -> bool {
    !matches!(form(kind), Form::Plain)
}

/// The number of field `n`, counted from 0: the position, from 1, unless it is pinned.
pub(crate) const fn field(fields: &[Field], n: usize) -> u32 {
    number(fields[n].tag, n)
}

/// The number of variant `n`, counted from 0.
pub(crate) const fn variant(variants: &[Variant], n: usize) -> u32 {
    number(variants[n].tag, n)
}

const fn number(tag: Option<u32>, n: usize) -> u32 {
    match tag {
        Some(tag) => tag,
        None => n as u32 + 1,
    }
}

/// Checks a list of fields while the program is compiled.
pub(crate) const fn check_fields(fields: &[Field]) {
    let mut i = 0;
    while i < fields.len() {
        check(field(fields, i));
        let mut j = 0;
        while j < i {
            assert!(field(fields, i) != field(fields, j), "two fields have the same `tag`");
            j += 1;
        }
        i += 1;
    }
}

/// Checks a list of variants while the program is compiled.
pub(crate) const fn check_variants(variants: &[Variant]) {
    let mut i = 0;
    while i < variants.len() {
        check(variant(variants, i));
        let mut j = 0;
        while j < i {
            assert!(variant(variants, i) != variant(variants, j), "two variants have the same `tag`");
            j += 1;
        }
        i += 1;
    }
}

const fn check(number: u32) {
    assert!(number >= 1 && number < 1 << 29, "a `tag` is a number from 1 to 536870911");
    assert!(number < 19_000 || number > 19_999, "protobuf keeps the numbers from 19000 to 19999 for itself");
}

/// Whether no field has a number of its own, so that positions follow from numbers.
pub(crate) const fn by_position(fields: &[Field]) -> bool {
    let mut i = 0;
    while i < fields.len() {
        if fields[i].tag.is_some() {
            return false;
        }
        i += 1;
    }
    true
}

/// Whether a variant with these fields is its one unnamed field, instead of a message of its own: where a later version
/// could not give it more fields anyway.
pub(crate) const fn is_direct(fields: &[Field]) -> bool {
    if fields.len() != 1 {
        return false;
    }
    let unnamed = fields[0].name.as_bytes()[0].is_ascii_digit() && fields[0].tag.is_none() && fields[0].default == 0;
    unnamed && matches!(form(fields[0].kind), Form::Plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_positions_unless_they_are_pinned() {
        const FIELDS: &[Field] = &[Field::of::<u8>("a"), Field::of::<u8>("b").tagged(9), Field::of::<u8>("c")];
        const { check_fields(FIELDS) };
        assert_eq!([0, 1, 2].map(|n| field(FIELDS, n)), [1, 9, 3]);
        assert!(!by_position(FIELDS) && by_position(&FIELDS[..1]));
    }

    #[test]
    #[should_panic(expected = "the same `tag`")]
    fn a_number_belongs_to_one_field() {
        check_fields(&[Field::of::<u8>("a").tagged(2), Field::of::<u8>("b")]);
    }

    #[test]
    #[should_panic(expected = "19000")]
    fn reserved_numbers_are_refused() {
        check_fields(&[Field::of::<u8>("a").tagged(19_000)]);
    }

    #[test]
    fn only_a_single_unnamed_value_stands_for_its_variant() {
        assert!(is_direct(&[Field::of::<u8>("0")]) && is_direct(&[Field::of::<String>("0")]));
        assert!(!is_direct(&[]) && !is_direct(&[Field::of::<u8>("height")]));
        assert!(!is_direct(&[Field::of::<Vec<u8>>("0"), Field::of::<u8>("1")]));
        assert!(!is_direct(&[Field::of::<Vec<u32>>("0")]) && !is_direct(&[Field::of::<Option<u8>>("0")]));
    }
}
