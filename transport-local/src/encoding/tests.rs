//! What the suite cannot see: bytes that no writer made.

use std::{collections::BTreeMap, sync::Arc};

use ipc_core::{Interface, value::Only};
use ipc_macros::Value;
use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug, Default, PartialEq, Value)]
struct Deep {
    name: String,
    number: i64,
    children: Vec<Self>,
    left: Option<Box<Self>>,
}

#[derive(Clone, Debug, PartialEq, Value)]
enum Any {
    Nothing,
    Number(f64),
    Named { name: Option<String>, data: Vec<u8> },
    Many(Vec<Self>),
}

type Mixed = (Vec<Deep>, BTreeMap<String, Vec<Option<u8>>>, Vec<Any>, Vec<()>, [u16; 2]);

struct Nothing;

impl ObjectSink for Nothing {
    fn put<I: Interface + ?Sized>(&self, _: &Arc<I>) -> Result<u32> {
        Err(malformed("no objects here".into()))
    }
}

impl ObjectSource for Nothing {
    fn take<I: Interface + ?Sized>(&self, _: u32) -> Result<Arc<I>> {
        Err(malformed("no objects here".into()))
    }
}

fn write<T: Value>(value: T, limits: &Limits) -> Result<Bytes> {
    Bincode.write::<Only<T>, (T,), _>(&(value,), &Nothing, limits)
}

fn read<T: Value>(bytes: &[u8], limits: &Limits) -> Result<T> {
    let body = Bytes::copy_from_slice(bytes);
    Bincode.read::<Only<T>, (T,), _>(&body, &Nothing, limits).map(|(value,)| value)
}

fn mixed() -> Mixed {
    let leaf = Deep { name: "leaf".into(), number: i64::MIN, ..Deep::default() };
    let tree = Deep { children: vec![leaf.clone(); 3], left: Some(Box::new(leaf)), ..Deep::default() };
    let named = Any::Named { name: None, data: vec![0, 255] };
    let map = BTreeMap::from([("a".into(), vec![Some(1), None]), (String::new(), Vec::new())]);
    let any = vec![Any::Nothing, Any::Number(-0.0), named.clone(), Any::Many(vec![named])];
    (vec![tree], map, any, vec![(); 1000], [7, 65535])
}

fn kind<T: std::fmt::Debug>(outcome: Result<T>) -> ExceptionKind {
    outcome.unwrap_err().kind()
}

#[test]
fn what_is_written_is_read() {
    let limits = Limits::default();
    let bytes = write(mixed(), &limits).unwrap();
    assert_eq!(read::<Mixed>(&bytes, &limits), Ok(mixed()));
    // An error crosses without the struct around it.
    let error = Bincode.write_error(&mixed().2[3], &Nothing, &limits).unwrap();
    assert_eq!(Bincode.read_error::<Any, _>(&error, &Nothing, &limits).as_ref(), Ok(&mixed().2[3]));
}

#[test]
fn a_part_is_malformed_and_so_is_more() {
    let limits = Limits::default();
    let bytes = write(mixed(), &limits).unwrap();
    for end in 0..bytes.len() {
        assert_eq!(kind(read::<Mixed>(&bytes[..end], &limits)), ExceptionKind::Protocol, "{end} bytes");
    }
    assert_eq!(kind(read::<Mixed>(&[&bytes[..], &[0]].concat(), &limits)), ExceptionKind::Protocol);
}

#[test]
fn lengths_are_paid_for_before_memory_is_taken() {
    let limits = Limits::default();
    let claim = |count: u64| [&[253][..], &count.to_le_bytes()].concat();
    for count in [1 << 30, 1 << 40, u64::MAX] {
        assert_eq!(kind(read::<Vec<u64>>(&claim(count), &limits)), ExceptionKind::TooLarge);
        assert_eq!(kind(read::<Vec<()>>(&claim(count), &limits)), ExceptionKind::TooLarge);
        assert_eq!(kind(read::<Vec<u8>>(&claim(count), &limits)), ExceptionKind::TooLarge);
        assert_eq!(kind(read::<String>(&claim(count), &limits)), ExceptionKind::TooLarge);
    }
    assert_eq!(kind(read::<Vec<u8>>(&claim(100), &limits)), ExceptionKind::Protocol);
}

#[test]
fn past_a_limit_nothing_is_written() {
    let mut limits = Limits::default();
    limits.message_bytes = 100;
    assert!(write(vec![1_u8; 99], &limits).is_ok());
    assert_eq!(kind(write(vec![1_u8; 100], &limits)), ExceptionKind::TooLarge);
    limits.value_depth = 8;
    let deep =
        |depth| (0..depth).fold(Deep::default(), |deep, _| Deep { left: Some(Box::new(deep)), ..Deep::default() });
    let bytes = write(deep(5), &limits).unwrap();
    assert_eq!(kind(write(deep(6), &limits)), ExceptionKind::TooLarge);
    limits.value_depth = 7;
    assert_eq!(kind(read::<Deep>(&bytes, &limits)), ExceptionKind::TooLarge);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let limits = Limits::default();
        let _ = read::<Mixed>(&bytes, &limits);
        let _ = read::<Vec<Any>>(&bytes, &limits);
        let _ = read::<Deep>(&bytes, &limits);
    }

    #[test]
    fn numbers_are_read_as_they_were(
        wide in any::<(u64, i64, u32, i32)>(),
        narrow in any::<(u16, i16, u8, i8)>(),
        floats in any::<(u32, u64)>(),
    ) {
        let limits = Limits::default();
        prop_assert_eq!(read(&write(wide, &limits).unwrap(), &limits), Ok(wide));
        prop_assert_eq!(read(&write(narrow, &limits).unwrap(), &limits), Ok(narrow));
        let sent = (f32::from_bits(floats.0), f64::from_bits(floats.1));
        let (single, double) = read::<(f32, f64)>(&write(sent, &limits).unwrap(), &limits).unwrap();
        prop_assert_eq!((single.to_bits(), double.to_bits()), floats);
    }
}
