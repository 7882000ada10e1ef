use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use ::bytes::Bytes;
use ipc_macros::Value;
use proptest::{collection::vec, prelude::*};

use super::*;

#[derive(Clone, Debug, PartialEq, Value)]
struct Everything {
    flag: bool,
    byte: u8,
    maybe: Option<u16>,
    long: u64,
    other_flag: Option<bool>,
    int: i32,
    float: f64,
    text: String,
    data: Vec<u8>,
    fixed: [u8; 4],
    numbers: Vec<i16>,
    flags: Vec<bool>,
    names: Vec<String>,
    maybes: Vec<Option<u32>>,
    maybe_names: Vec<Option<String>>,
    nested: Vec<Vec<u32>>,
    blobs: Vec<Vec<u8>>,
    nothing: (),
    nothings: Vec<()>,
    twice: Option<Option<u32>>,
    map: HashMap<String, (u32, bool)>,
    outcome: Result<u32, String>,
    pair: (u8, Option<String>),
    trees: Vec<Tree>,
    maybe_trees: Vec<Option<Tree>>,
    figure: Figure,
    colors: Vec<Color>,
    color: Option<Color>,
    #[value(default = 7)]
    defaulted: u32,
    #[value(default = true)]
    yes: bool,
    #[value(default = f64::MAX)]
    most: f64,
    #[value(default = -2)]
    negative: i16,
    #[value(has)]
    present: Option<String>,
    #[value(has)]
    also: Option<Tree>,
}

#[derive(Clone, Debug, Default, PartialEq, Value)]
struct Tree {
    name: String,
    children: Vec<Self>,
}

#[derive(Clone, Debug, PartialEq, Value)]
struct Chained {
    number: u32,
    next: Option<Box<Self>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Value)]
enum Color {
    Red,
    Green,
    Blue,
}

#[derive(Clone, Copy, Debug, PartialEq, Value)]
#[repr(i32)]
enum Code {
    Low = -5,
    High = 1 << 30,
}

#[derive(Clone, Debug, PartialEq, Value)]
enum Figure {
    Empty,
    Circle(f64),
    Rect { width: u32, height: u32, label: String },
    Many(Vec<Self>),
    Maybe(Option<u32>),
    Blobs(Vec<Vec<u8>>),
    Flag(bool),
    Short(i16),
    Inner(Box<Self>),
    Text(Option<String>),
}

#[derive(Clone, Debug, PartialEq, Value)]
enum Single {
    Only(u64),
}

#[derive(Clone, Debug, PartialEq, Value)]
struct Unit {}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Value)]
struct Hash([u8; 32]);

#[derive(Clone, Debug, PartialEq, Value)]
struct Page<T> {
    items: Vec<T>,
    next: Option<T>,
}

fn figure() -> impl Strategy<Value = Figure> {
    let leaf = prop_oneof![
        Just(Figure::Empty),
        any::<f64>().prop_map(Figure::Circle),
        (any::<u32>(), any::<u32>(), ".*").prop_map(|(width, height, label)| Figure::Rect { width, height, label }),
        any::<Option<u32>>().prop_map(Figure::Maybe),
        vec(vec(any::<u8>(), 0..9), 0..4).prop_map(Figure::Blobs),
        any::<bool>().prop_map(Figure::Flag),
        any::<i16>().prop_map(Figure::Short),
        any::<Option<String>>().prop_map(Figure::Text),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Figure::Many),
            inner.prop_map(|figure| Figure::Inner(Box::new(figure))),
        ]
    })
}

fn tree() -> impl Strategy<Value = Tree> {
    ".*".prop_map(|name| Tree { name, children: vec![] })
        .prop_recursive(4, 16, 3, |inner| (".*", vec(inner, 0..3)).prop_map(|(name, children)| Tree { name, children }))
}

fn color() -> impl Strategy<Value = Color> {
    prop_oneof![Just(Color::Red), Just(Color::Green), Just(Color::Blue)]
}

/// Tuples of strategies end at twelve, so the struct is drawn in four parts.
fn everything() -> impl Strategy<Value = Everything> {
    let numbers = any::<(bool, u8, Option<u16>, u64, Option<bool>, i32, f64)>();
    let lists = any::<(String, Vec<u8>, [u8; 4], Vec<i16>, Vec<bool>, Vec<String>, Vec<Option<u32>>)>();
    let nested = any::<(Vec<Option<String>>, Vec<Vec<u32>>, Vec<Vec<u8>>, Vec<()>, Option<Option<u32>>)>();
    let maps = any::<(HashMap<String, (u32, bool)>, Result<u32, String>, (u8, Option<String>))>();
    let types = (vec(tree(), 0..3), vec(proptest::option::of(tree()), 0..3), figure(), vec(color(), 0..4));
    let defaults = (any::<(u32, bool, f64, i16, Option<String>)>(), proptest::option::of(tree()), color());
    (numbers, lists, nested, maps, types, defaults).prop_map(
        |(numbers, lists, nested, maps, types, (defaults, also, color))| Everything {
            flag: numbers.0,
            byte: numbers.1,
            maybe: numbers.2,
            long: numbers.3,
            other_flag: numbers.4,
            int: numbers.5,
            float: numbers.6,
            text: lists.0,
            data: lists.1,
            fixed: lists.2,
            numbers: lists.3,
            flags: lists.4,
            names: lists.5,
            maybes: lists.6,
            maybe_names: nested.0,
            nested: nested.1,
            blobs: nested.2,
            nothing: (),
            nothings: nested.3,
            twice: nested.4,
            map: maps.0,
            outcome: maps.1,
            pair: maps.2,
            trees: types.0,
            maybe_trees: types.1,
            figure: types.2,
            colors: types.3,
            color: numbers.0.then_some(color),
            defaulted: defaults.0,
            yes: defaults.1,
            most: defaults.2,
            negative: defaults.3,
            present: defaults.4,
            also,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_default_size_range: 8, ..ProptestConfig::default() })]

    #[test]
    fn structs_arrive_as_they_were_sent(value in everything()) {
        same(value);
    }

    #[test]
    fn numbers_arrive_as_they_were_sent(
        value in any::<(u8, u16, u32, u64, i8, i16, i32, i64, bool, char)>(),
        wide in any::<(u128, i128, usize, isize)>(),
        bits in any::<(u32, u64)>(),
    ) {
        same(value);
        same(wide);
        // Also a NaN keeps all its bits.
        let (short, long) = round((f32::from_bits(bits.0), f64::from_bits(bits.1))).unwrap();
        prop_assert_eq!((short.to_bits(), long.to_bits()), bits);
    }

    #[test]
    fn types_of_std_arrive_as_they_were_sent(
        duration in any::<Duration>(), before in any::<bool>(), since in 0..1u64 << 60, nanos in 0..1_000_000_000u32,
        path in vec(1..=255u8, 0..40), blob in any::<Vec<u8>>(), opaque in any::<(String, Vec<Option<i64>>)>(),
    ) {
        same(duration);
        let since = Duration::new(since, nanos);
        let time = if before { UNIX_EPOCH.checked_sub(since) } else { UNIX_EPOCH.checked_add(since) };
        same::<SystemTime>(time.unwrap_or(UNIX_EPOCH));
        let path = <std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(path);
        same(PathBuf::from(path));
        same(Bytes::from(blob));
        let arrived = round(ipc_core::Opaque(opaque.clone())).unwrap();
        prop_assert_eq!(arrived.0, opaque);
    }

    #[test]
    fn enums_arrive_as_they_were_sent(figures in vec(figure(), 0..5), number in any::<u64>(), colors in vec(color(), 0..9)) {
        same(figures);
        same((Single::Only(number), vec![Single::Only(!number)]));
        same(colors);
        same((Code::Low, vec![Code::High, Code::Low], Some(Code::High)));
    }
}

proptest! {
    // Drawing these is slow in itself.
    #![proptest_config(ProptestConfig { cases: 12, max_default_size_range: 8, ..ProptestConfig::default() })]

    #[test]
    fn collections_arrive_as_they_were_sent(
        lists in any::<(Vec<u64>, Vec<f32>, Vec<i8>, Vec<char>, Vec<(u8, String)>, Vec<u128>)>().prop_filter(
            "NaN differs from itself", |lists| lists.1.iter().all(|n| !n.is_nan()),
        ),
        maps in any::<(BTreeMap<u32, Vec<String>>, HashMap<i8, Option<bool>>, BTreeMap<String, BTreeMap<u8, ()>>)>(),
        sets in any::<(BTreeSet<String>, HashSet<u16>, BTreeSet<Option<u8>>, HashSet<Vec<u8>>)>(),
        arrays in any::<([u32; 3], [String; 2], [Vec<u8>; 1], [Option<u16>; 4])>(),
        optionals in any::<(Option<()>, Option<Vec<u8>>, Option<Option<Option<String>>>, Vec<Option<Option<bool>>>)>(),
        results in any::<(Result<(), u8>, Result<String, ()>, Option<Result<u8, Vec<u8>>>)>(),
    ) {
        same(lists);
        same(maps);
        same(sets);
        same(arrays);
        same(optionals);
        same(results);
    }
}

#[test]
fn the_edges_arrive() {
    same((u64::MAX, i64::MIN, u8::MAX, i8::MIN, f64::INFINITY, f32::MIN_POSITIVE));
    same((String::new(), Vec::<u8>::new(), Vec::<u32>::new(), Some(String::new()), None::<String>));
    same((Vec::<()>::from([(); 5]), Unit {}, vec![Unit {}, Unit {}], Some(Unit {}), None::<Unit>));
    same((Page { items: vec![1u8], next: None }, Page { items: vec![Hash([3; 32])], next: Some(Hash([4; 32])) }));
    same(vec![7u8; 16 << 20]);
    same("é".repeat(1 << 20));
}

#[test]
fn a_chain_of_boxes_arrives() {
    let chain = |length| (0..length).fold(None, |next, number| Some(Box::new(Chained { number, next })));
    same(Chained { number: 0, next: chain(50) });
    let deep = round(Chained { number: 0, next: chain(100) }).unwrap_err();
    assert_eq!(deep.kind(), ExceptionKind::TooLarge);
}

#[test]
fn an_exception_arrives_as_remote() {
    let sent = Exception::new(ExceptionKind::Disconnected, "gone");
    assert_eq!(read::<Exception>(&write(sent.clone()), &Limits::default()).unwrap(), sent.into_remote());
}

#[test]
fn objects_are_indices_in_the_order_of_their_writing() {
    type Call = dyn Fn() -> Result<u32> + Send + Sync;
    type Sent = (Arc<Call>, Option<Arc<Call>>, Option<Arc<Call>>, Vec<Arc<Call>>, HashMap<u8, Arc<Call>>);
    let objects: Vec<Arc<Call>> = (0..5u32).map(|number| Arc::new(move || Ok(number)) as Arc<Call>).collect();
    let sent: Sent = (
        objects[0].clone(),
        None,
        Some(objects[1].clone()),
        vec![objects[2].clone(), objects[3].clone()],
        HashMap::from([(9, objects[4].clone())]),
    );
    let (first, none, second, list, map) = round(sent).unwrap();
    assert!(none.is_none());
    let all = [&first, &second.unwrap(), &list[0], &list[1], &map[&9]];
    for (number, (arrived, sent)) in all.into_iter().zip(&objects).enumerate() {
        assert!(Arc::ptr_eq(arrived, sent), "object {number}");
    }
}

#[derive(Clone, Debug, PartialEq, Value)]
struct Pinned {
    first: u32,
    #[value(tag = 9)]
    second: String,
    third: Vec<u16>,
    #[value(tag = 100_000)]
    fourth: Option<Vec<u8>>,
    choice: Choice,
}

#[derive(Clone, Debug, PartialEq, Value)]
enum Choice {
    #[value(tag = 7)]
    Text(String),
    Number {
        #[value(tag = 3)]
        value: u64,
    },
}

#[test]
fn pinned_fields_arrive() {
    let choice = Choice::Number { value: 5 };
    let sent =
        Pinned { first: 1, second: "two".into(), third: vec![3, 300], fourth: Some(vec![]), choice: choice.clone() };
    same(vec![sent.clone(), Pinned { choice: Choice::Text(String::new()), ..sent }]);
    assert_eq!(write(choice), [0x0a, 4, 0x12, 2, 0x18, 5]);
    assert_eq!(write(Choice::Text("a".into())), [0x0a, 3, 0x3a, 1, b'a']);
}
