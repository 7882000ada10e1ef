use std::collections::BTreeMap;

use ipc_macros::Value;

use super::*;

#[derive(Clone, Debug, PartialEq, Value)]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Clone, Debug, PartialEq, Value)]
enum Figure {
    Empty,
    Circle(f64),
    Named { name: String },
    Points(Vec<Point>),
}

/// The one field of the parameters as a message.
fn inside<T: Value>(value: T) -> Vec<u8> {
    let bytes = write(value);
    assert_eq!((bytes[0], bytes[1] as usize), (0x0a, bytes.len() - 2));
    bytes[2..].to_vec()
}

#[test]
fn numbers_are_varints_and_floats_are_fixed() {
    assert_eq!(write(300u32), [0x08, 0xac, 0x02]);
    assert_eq!(write(true), [0x08, 1]);
    assert_eq!(write(1.0f32), [0x0d, 0, 0, 0x80, 0x3f]);
    assert_eq!(write(1.0f64), [0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
    // As protobuf has int32: sign-extended to 64 bits.
    assert_eq!(write(-1i32), [0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
    assert_eq!(write(-1i8), write(-1i64));
}

#[test]
fn what_is_zero_or_empty_is_left_out() {
    assert_eq!(write((0u32, String::new(), Vec::<u8>::new(), Vec::<u32>::new())), []);
    assert_eq!(write(Point { x: 0, y: 0 }), []);
    assert_eq!(write(None::<u32>), []);
    assert_eq!(write(-0.0f64).len(), 9, "the negative zero is not the zero that is left out");
}

#[test]
fn what_is_there_is_told_from_what_is_not() {
    assert_eq!(write(Some(0u32)), [0x08, 0]);
    assert_eq!(write(Some(String::new())), [0x0a, 0]);
    assert_eq!(write(Some(Point { x: 0, y: 0 })), [0x0a, 0]);
    assert_eq!(write(vec![Point { x: 0, y: 0 }; 2]), [0x0a, 0, 0x0a, 0]);
}

#[test]
fn lists_of_numbers_are_packed_and_others_repeated() {
    assert_eq!(write(vec![1u32, 300]), [0x0a, 3, 1, 0xac, 0x02]);
    assert_eq!(write(vec!["a".to_owned(), String::new()]), [0x0a, 1, b'a', 0x0a, 0]);
    // A list in a list, and an optional in a list, are messages of one field.
    assert_eq!(write(vec![vec![1u32], vec![]]), [0x0a, 3, 0x0a, 1, 1, 0x0a, 0]);
    assert_eq!(write(vec![Some(0u32), None]), [0x0a, 2, 0x08, 0, 0x0a, 0]);
    assert_eq!(write(Some(vec![1u32])), [0x0a, 3, 0x0a, 1, 1]);
}

#[test]
fn maps_are_repeated_entries() {
    assert_eq!(
        write(BTreeMap::from([(1u32, "a".to_owned()), (2, "b".to_owned())])),
        [0x0a, 5, 0x08, 1, 0x12, 1, b'a', 0x0a, 5, 0x08, 2, 0x12, 1, b'b']
    );
}

#[test]
fn the_variants_of_an_enum_are_members_of_one_choice() {
    assert_eq!(inside(Figure::Empty), [0x0a, 0]);
    assert_eq!(inside(Figure::Circle(0.0)), [0x11, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(inside(Figure::Named { name: "n".into() }), [0x1a, 3, 0x0a, 1, b'n']);
    assert_eq!(inside(Figure::Points(vec![Point { x: 1, y: 2 }])), [0x22, 6, 0x0a, 4, 0x08, 1, 0x10, 2]);
}

#[test]
fn durations_are_those_of_protobuf() {
    assert_eq!(inside(std::time::Duration::new(3, 5)), [0x08, 3, 0x10, 5]);
}

#[test]
fn fields_may_come_in_any_order_and_unknown_ones_are_passed_over() {
    let point = [0x0a, 11, 0x10, 2, 0x9a, 0x06, 2, 1, 1, 0x08, 1, 0x20, 7];
    assert_eq!(read::<Point>(&point, &Limits::default()).unwrap(), Point { x: 1, y: 2 });
}

#[test]
fn of_a_field_that_is_there_twice_the_last_counts_and_messages_are_merged() {
    assert_eq!(read::<u32>(&[0x08, 1, 0x08, 2], &Limits::default()).unwrap(), 2);
    assert_eq!(read::<String>(&[0x0a, 1, b'a', 0x0a, 1, b'b'], &Limits::default()).unwrap(), "b");
    let pieces = [0x0a, 4, 0x08, 9, 0x10, 2, 0x0a, 2, 0x08, 1];
    assert_eq!(read::<Point>(&pieces, &Limits::default()).unwrap(), Point { x: 1, y: 2 });
    let figure = [0x0a, 2, 0x0a, 0, 0x0a, 5, 0x1a, 3, 0x0a, 1, b'n'];
    assert_eq!(read::<Figure>(&figure, &Limits::default()).unwrap(), Figure::Named { name: "n".into() });
}

#[test]
fn lists_are_read_packed_or_not_and_in_pieces() {
    let mixed = [0x08, 1, 0x0a, 2, 2, 3, 0x10, 5, 0x08, 4];
    assert_eq!(read::<Vec<u32>>(&mixed, &Limits::default()).unwrap(), [1, 2, 3, 4]);
    let floats = [0x0a, 4, 0, 0, 0x80, 0x3f, 0x0d, 0, 0, 0, 0x40];
    assert_eq!(read::<Vec<f32>>(&floats, &Limits::default()).unwrap(), [1.0, 2.0]);
}

#[test]
fn groups_are_passed_over() {
    assert_eq!(read::<u32>(&[0x13, 0x08, 1, 0x14, 0x08, 2], &Limits::default()).unwrap(), 2);
}

#[test]
fn a_number_that_does_not_fit_is_refused() {
    let error = read::<u8>(&[0x08, 0xac, 0x02], &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "Protocol: expected a number of 8 bits in field number 1, got 0x12c");
    assert!(read::<u32>(&write(1u64 << 32), &Limits::default()).is_err());
    assert!(read::<i32>(&write(i64::from(i32::MIN) - 1), &Limits::default()).is_err());
    assert_eq!(read::<i32>(&write(i64::from(i32::MIN)), &Limits::default()).unwrap(), i32::MIN);
    assert!(read::<bool>(&[0x08, 2], &Limits::default()).unwrap(), "for protobuf any number but zero is true");
}
