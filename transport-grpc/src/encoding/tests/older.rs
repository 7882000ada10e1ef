use ipc_macros::Value;

use super::*;

/// What an older peer knows of [`New`].
#[derive(Clone, Debug, PartialEq, Value)]
struct Old {
    first: u32,
    name: String,
}

#[derive(Clone, Debug, PartialEq, Value)]
struct New {
    first: u32,
    name: String,
    second: u64,
    maybe: Option<u8>,
    #[value(default = 9)]
    third: u16,
    list: Vec<u8>,
    inner: Old,
    figure: Figure,
}

#[derive(Clone, Debug, PartialEq, Value)]
enum Figure {
    Empty,
    Circle(f64),
}

fn as_new<T: Value, U: Value>(value: T) -> Result<U> {
    read(&write(value), &Limits::default())
}

fn old() -> Old {
    Old { first: 1, name: "one".into() }
}

fn new() -> New {
    New {
        first: 1,
        name: "one".into(),
        second: 0,
        maybe: None,
        third: 9,
        list: vec![],
        inner: Old { first: 0, name: String::new() },
        figure: Figure::Empty,
    }
}

#[test]
fn what_an_older_peer_does_not_send_reads_as_its_default() {
    assert_eq!(as_new::<Old, New>(old()).unwrap(), new());
    assert_eq!(as_new::<Vec<Old>, Vec<New>>(vec![old(), old()]).unwrap(), [new(), new()]);
    assert_eq!(as_new::<Option<Old>, Option<New>>(Some(old())).unwrap(), Some(new()));
}

#[test]
fn what_a_newer_peer_adds_is_passed_over() {
    assert_eq!(as_new::<New, Old>(new()).unwrap(), old());
    assert_eq!(as_new::<Vec<New>, Vec<Old>>(vec![new()]).unwrap(), [old()]);
}

#[test]
fn an_empty_message_reads_as_defaults() {
    assert_eq!(read::<u64>(&[], &Limits::default()).unwrap(), 0);
    assert_eq!(read::<New>(&[], &Limits::default()).unwrap(), New { first: 0, name: String::new(), ..new() });
    assert_eq!(read::<Vec<New>>(&[], &Limits::default()).unwrap(), []);
    assert_eq!(read::<Option<New>>(&[], &Limits::default()).unwrap(), None);
}

#[test]
fn a_union_whose_first_variant_holds_something_has_no_default() {
    let error = read::<Result<u8, String>>(&[], &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "Protocol: expected one of Ok, Err, got nothing");
}

#[test]
fn a_variant_from_the_future_is_an_error() {
    #[derive(Clone, Debug, PartialEq, Value)]
    enum Newer {
        Empty,
        Circle(f64),
        Square(f64),
    }
    assert_eq!(as_new::<Newer, Figure>(Newer::Circle(2.0)).unwrap(), Figure::Circle(2.0));
    let error = as_new::<Newer, Figure>(Newer::Square(2.0)).unwrap_err();
    assert_eq!(error.kind(), ExceptionKind::Protocol);
    let _ = Newer::Empty;
}
