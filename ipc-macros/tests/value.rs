//! `#[derive(Value)]`: what is written is what was read, for all types that cross out of the box.

#![deny(missing_docs, unused, clippy::all, unused_qualifications)]

mod loopback;
mod types;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use ipc_core::{
    Exception, ExceptionKind, Opaque, Value,
    value::{Kind, Prim, Ptr, Shape, Type},
};
use loopback::{Node, cross, decode, encode};
use proptest::{collection::vec, prelude::*};
use types::*;

fn same<T: Value + PartialEq + std::fmt::Debug>(value: T) {
    assert_eq!(cross(&value).unwrap(), value);
}

proptest! {
    #[test]
    fn numbers_cross(numbers in any::<Numbers>()) {
        same(numbers);
    }

    #[test]
    fn collections_cross(collections in any::<Collections>()) {
        same(collections);
    }

    #[test]
    fn trees_cross(tree in tree()) {
        same(tree);
    }

    #[test]
    fn figures_cross(figure in figure()) {
        same(figure);
    }

    #[test]
    fn pages_cross(items in vec(any::<String>(), 0..4), rest in vec(any::<u8>(), 0..9)) {
        same(Page { items: items.clone(), next: Some(Box::new(Page { items, next: None })) });
        same(Page { items: rest, next: None });
    }

    #[test]
    fn hooked_fields_cross(hooked in any::<Hooked>()) {
        same(hooked);
    }

    #[test]
    fn opaque_fields_cross(name in any::<String>(), list in vec(any::<Option<char>>(), 0..5)) {
        let foreign = Foreign { name, list };
        same(Opaque(foreign.clone()));
        same(Blob(foreign.clone().name, foreign.list.len()));
        same(Carrier { before: 1, foreign, after: -1 });
    }

    #[test]
    fn times_cross(seconds in -4_000_000_000_i64..4_000_000_000, nanoseconds in 0..1_000_000_000_u32) {
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let part = Duration::from_nanos(nanoseconds.into());
        let at = if seconds < 0 { UNIX_EPOCH - whole + part } else { UNIX_EPOCH + whole + part };
        same((at, whole + part));
    }
}

#[test]
fn the_edges_cross() {
    same(Numbers::MAX);
    same(Numbers::MIN);
    let nan = f64::from_bits(0x7ff8_0000_dead_beef);
    assert_eq!(cross(&nan).unwrap().to_bits(), nan.to_bits());
    same(SystemTime::UNIX_EPOCH);
    same(Some(Some(None::<u8>)));
    same(Some(None::<Option<u8>>));
    same(Err::<(), _>(String::from("no")));
    same(Bytes::from_static(&[0, 255]));
    same([[1_u8, 2], [3, 4]]);
    same((1_u8, String::new(), (), Some(0.5_f32), 'ß'));
    same(HashMap::from([(String::from("a"), (1_u32, true))]));
    same(BTreeMap::from([(1_u8, BTreeSet::from([2_u16, 3])), (0, BTreeSet::new())]));
    same(HashSet::from([Color::Red, Color::Blue]));
}

#[test]
fn every_style_of_struct_crosses() {
    same(Unit);
    same(Empty {});
    same(Height(7));
    same(Both(1, String::from("b")));
    same(Keywords { r#type: 1, r#fn: Some(2) });
}

#[test]
fn bytes_never_cross_element_by_element() {
    assert_eq!(encode(&vec![1_u8, 2]).unwrap(), Node::Bytes(vec![1, 2]));
    assert_eq!(encode(&[1_u8, 2]).unwrap(), Node::Bytes(vec![1, 2]));
}

#[test]
fn a_struct_is_its_fields_in_order() {
    let Shape::Record(fields) = Both::SHAPE else { panic!("{:?}", Both::SHAPE) };
    assert_eq!(fields.iter().map(|field| field.name).collect::<Vec<_>>(), ["field0", "field1"]);
    assert_eq!(Both::KIND, Kind::Ptr(Ptr::Struct));
    assert_eq!(Both::ty().name(), "Both");
    let Shape::Record(fields) = Keywords::SHAPE else { panic!("{:?}", Keywords::SHAPE) };
    assert_eq!(fields.iter().map(|field| field.name).collect::<Vec<_>>(), ["type", "fn"]);
}

#[test]
fn a_struct_of_one_unnamed_field_is_that_field() {
    assert_eq!(encode(&Height(7)).unwrap(), Node::Prim(Prim::B32, 7));
    assert_eq!(Option::<Height>::KIND, Kind::OptPrim(Prim::B32));
    assert_eq!(Height::ty().name(), "UInt32");
    assert_eq!(encode(&Code(-2)).unwrap(), Node::Text("-2".into()));
    assert_eq!(cross(&Code(-2)).unwrap(), Code(-2));
    assert_ne!(Height::FINGERPRINT, u32::FINGERPRINT);
}

#[test]
fn an_enum_without_data_is_its_position() {
    assert_eq!(encode(&Color::Blue).unwrap(), Node::Prim(Prim::B16, 2));
    assert!(matches!(Color::ty(), Type::Enum(name, ["Red", "grass", "Blue"]) if name.name == "Color"));
}

#[test]
fn an_enum_with_a_repr_is_that_integer() {
    assert_eq!(encode(&Signed::Bad).unwrap(), Node::Prim(Prim::B32, 0xffff_ffff));
    assert_eq!(encode(&Signed::Next).unwrap(), Node::Prim(Prim::B32, 8));
    for value in [Signed::Bad, Signed::Good, Signed::Next] {
        same(value);
    }
    assert!(matches!(Signed::ty(), Type::Prim("Int32")));
}

#[test]
fn a_number_that_nobody_knows_is_an_error() {
    for error in [
        decode::<Color>(Node::Prim(Prim::B16, 3)).unwrap_err(),
        decode::<Signed>(Node::Prim(Prim::B32, 0)).unwrap_err(),
        decode::<Figure>(Node::Variant(9, vec![])).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ExceptionKind::Protocol);
        assert!(error.message().contains("is the peer newer?"), "{error}");
    }
}

#[test]
fn an_enum_with_data_is_a_union() {
    let Shape::Union(variants) = Figure::SHAPE else { panic!("{:?}", Figure::SHAPE) };
    let names = variants.iter().map(|variant| (variant.name, variant.fields.len())).collect::<Vec<_>>();
    assert_eq!(names, [("Empty", 0), ("Circle", 1), ("box", 3), ("Many", 1), ("Both", 2), ("Nothing", 0)]);
    assert_eq!(encode(&Figure::Circle(0.0)).unwrap(), Node::Variant(1, vec![Node::Prim(Prim::B64, 0)]));
}

#[test]
fn a_generic_type_is_named_after_its_arguments() {
    assert_eq!(Page::<String>::ty().name(), "PageText");
    assert_eq!(Page::<Page<u8>>::ty().name(), "PagePageUInt8");
    assert_eq!(Grid::<bool, 3>::ty().name(), "GridBool3");
    assert_ne!(Page::<u8>::FINGERPRINT, Page::<u16>::FINGERPRINT);
    assert_ne!(Grid::<u8, 3>::FINGERPRINT, Grid::<u8, 4>::FINGERPRINT);
    same(Grid { cells: [true, false, true] });
}

#[test]
fn a_default_is_declared_by_its_bits_and_read_when_missing() {
    let Shape::Record(fields) = Defaults::SHAPE else { panic!("{:?}", Defaults::SHAPE) };
    let bits = fields.iter().map(|field| field.default).collect::<Vec<_>>();
    assert_eq!(bits, [1, u64::MAX - 2, 0.5_f64.to_bits(), f64::MAX.to_bits(), 250]);
    let read = decode::<Defaults>(Node::Record(vec![])).unwrap();
    assert_eq!(read, Defaults { on: true, small: -3, half: 0.5, most: f64::MAX, timeout: Duration::from_millis(250) });
    same(Defaults { on: false, small: 0, half: 0.0, most: 1.0, timeout: Duration::ZERO });
}

#[test]
fn names_presence_and_ordinals_are_declared() {
    let Shape::Record(fields) = Declared::SHAPE else { panic!("{:?}", Declared::SHAPE) };
    let declared = fields.iter().map(|field| (field.name, field.wire_name, field.kind)).collect::<Vec<_>>();
    assert_eq!(
        declared,
        [
            ("third", None, Kind::Prim(Prim::Bool)),
            ("first", Some("firstOfAll"), Kind::HasPtr(Ptr::Text)),
            ("second", None, Kind::OptPrim(Prim::B8)),
        ]
    );
    assert_eq!(Declared::ty().name(), "Renamed");
    let value = Declared { first: Some(String::from("1")), second: None, third: true };
    let node = encode(&value).unwrap();
    assert!(matches!(&node, Node::Record(fields) if fields[0] == Node::Prim(Prim::Bool, 1)), "{node:?}");
    same(value);
}

#[test]
fn a_wrapped_exception_is_no_value() {
    let exception = Exception::new(ExceptionKind::Cancelled, "stop");
    let error = Failure::from(exception.clone());
    assert_eq!(error.as_exception(), Some(&exception));
    assert_eq!(encode(&error).unwrap_err(), exception);
    assert_eq!(Failure::Full.as_exception(), None);
    assert_eq!(encode(&Failure::Full).unwrap(), Node::Variant(1, vec![]));
    same(Failure::NotFound(3));
    assert_eq!(Only::Ipc(exception.clone()).as_exception(), Some(&exception));
    assert_eq!(encode(&Only::Ipc(exception.clone())).unwrap_err(), exception);
}

#[test]
fn types_inside_macros_and_beside_shadowed_names_cross() {
    same(shadowed::Value { result: 1 });
    same(Made { number: 1, text: String::from("x") });
}
