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
    let (table, limits) = (Table::default(), Limits::default());
    let message = encode_params::<Echo<T>, 0, _, _>(&(value,), &table, &limits)?;
    decode_params::<Echo<U>, 0, (U,), _>(payload(&message), &table, &limits).map(|(value,)| value)
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
    assert_eq!(read::<u64>(&[0], &Limits::default()).unwrap(), 0);
    assert_eq!(read::<New>(&[0], &Limits::default()).unwrap(), New { first: 0, name: String::new(), ..new() });
    assert_eq!(read::<Vec<New>>(&[0], &Limits::default()).unwrap(), []);
}

#[test]
fn a_list_of_numbers_may_have_become_a_list_of_structs() {
    #[derive(Clone, Debug, PartialEq, Value)]
    struct Wide {
        number: u32,
        text: String,
    }
    let wide = as_new::<Vec<u32>, Vec<Wide>>(vec![1, 2]).unwrap();
    assert_eq!(wide.iter().map(|wide| wide.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(as_new::<Vec<Wide>, Vec<u32>>(wide).unwrap(), [1, 2]);
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
