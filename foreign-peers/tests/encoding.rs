//! What is written here is read by the `capnp` tool, and the other way round.

use std::time::{Duration, UNIX_EPOCH};

use foreign_peers::{
    samples::{Chain, Code, Color, Everything, Failure, Figure, Page, Reason, Root, Single, Tree},
    tool,
};
use ipc_core::Result;
use proptest::{collection::vec, option, prelude::*};
use transport_capnp::{proof, schema::Schemas};

/// The structs that `capnp` makes of methods' parameters and results have no names of their own that its command line
/// knows; these are the same.
const FRAMES: &str = r#"@0xb1c2d3e4f5a69788;
using Proxy = import "/mp/proxy.capnp";
using Samples = import "/samples.capnp";

struct EverythingParams { context @0 :Proxy.Context; value @1 :Samples.Everything; }
struct EverythingResults { error @0 :Samples.Failure; result @1 :Samples.Everything; }
struct SimpleParams {
  context @0 :Proxy.Context; count @1 :UInt8; timeout @2 :Float64 = 1.7976931348623157e308; maybe @3 :UInt16; hasMaybe @4 :Bool;
}
struct SimpleResults { error @0 :Samples.Reason; hasError @1 :Bool; result @2 :UInt32; hasResult @3 :Bool; }
struct CheckResults { reason @0 :Text; debug @1 :Text; result @2 :Bool; }
"#;

fn schemas() -> tool::Schemas {
    let derived = Schemas::new().file("samples.capnp", "foreign_peers::samples").interface::<dyn Root>();
    let mut texts = derived.texts().unwrap();
    texts.insert("frames.capnp".to_owned(), FRAMES.to_owned());
    tool::Schemas::new(&texts)
}

/// What the tool prints, and what it makes of its own print.
fn through_tool(schemas: &tool::Schemas, ty: &str, message: &[u8]) -> (String, Vec<u8>) {
    let text = schemas.decode("frames.capnp", ty, message);
    let encoded = schemas.encode("frames.capnp", ty, &text);
    (text, encoded)
}

/// Numbers of the methods of [`Chain`], in the order of the trait.
const EVERYTHING: usize = 0;
const SIMPLE: usize = 1;
const CHECK: usize = 3;

#[test]
fn defaults_are_absent_from_the_wire() {
    let schemas = schemas();
    let message = proof::write_params::<dyn Chain, SIMPLE, (u8, f64, Option<u16>)>(&(3, f64::MAX, None)).unwrap();
    let (text, encoded) = through_tool(&schemas, "SimpleParams", &message);
    assert_eq!(text.trim(), "(count = 3, timeout = 1.7976931348623157e308, maybe = 0, hasMaybe = false)");
    assert_eq!(message[24..32], [0; 8], "the timeout is the default, so its word is zero");
    let back = proof::read_params::<dyn Chain, SIMPLE, (u8, f64, Option<u16>)>(&encoded).unwrap();
    assert_eq!(back, (3, f64::MAX, None));
}

#[test]
fn errors_stand_beside_results() {
    let schemas = schemas();
    let print = |outcome: Result<(Option<u32>,), Reason>| {
        let message = proof::write_results::<dyn Chain, SIMPLE, _, _>(&outcome).unwrap();
        let (text, encoded) = through_tool(&schemas, "SimpleResults", &message);
        let back = proof::read_results::<dyn Chain, SIMPLE, (Option<u32>,), Reason>(&encoded).unwrap();
        assert_eq!(back, outcome);
        text.trim().to_owned()
    };
    assert_eq!(print(Ok((Some(5),))), "(error = unknown, hasError = false, result = 5, hasResult = true)");
    assert_eq!(print(Ok((None,))), "(error = unknown, hasError = false, result = 0, hasResult = false)");
    assert_eq!(print(Err(Reason::Busy)), "(error = busy, hasError = true, result = 0, hasResult = false)");

    let failure: Result<(Everything,), Failure> = Err(Failure::Odd { why: "so".into(), code: 4 });
    let message = proof::write_results::<dyn Chain, EVERYTHING, _, _>(&failure).unwrap();
    let (text, encoded) = through_tool(&schemas, "EverythingResults", &message);
    assert_eq!(text.trim(), r#"(error = (odd = (why = "so", code = 4)))"#);
    let back = proof::read_results::<dyn Chain, EVERYTHING, (Everything,), Failure>(&encoded).unwrap();
    assert_eq!(back, failure);
}

#[test]
fn several_results_are_fields() {
    let results: Result<_, ipc_core::Exception> = Ok(("why".to_owned(), String::new(), true));
    let message = proof::write_results::<dyn Chain, CHECK, _, _>(&results).unwrap();
    let (text, _) = through_tool(&schemas(), "CheckResults", &message);
    assert_eq!(text.trim(), r#"(reason = "why", debug = "", result = true)"#);
}

/// Without control characters, some of which the tool loses in JSON, and without brackets: it looks for the end of the
/// JSON by counting them, inside of strings too.
fn text() -> impl Strategy<Value = String> {
    r"[\PC&&[^(){}\[\]]]{0,20}"
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = text().prop_map(|name| Tree { name, children: vec![], next: None });
    leaf.prop_recursive(3, 8, 3, |inner| {
        (text(), vec(inner.clone(), 0..3), option::of(inner)).prop_map(|(name, children, next)| Tree {
            name,
            children,
            next: next.map(Box::new),
        })
    })
}

fn figure() -> impl Strategy<Value = Figure> {
    let leaf = prop_oneof![
        Just(Figure::Empty),
        any::<f64>().prop_map(Figure::Circle),
        (any::<u32>(), any::<u32>(), text()).prop_map(|(width, height, label)| Figure::Rect { width, height, label }),
        any::<Option<u32>>().prop_map(Figure::Maybe),
        vec(vec(any::<u8>(), 0..9), 0..4).prop_map(Figure::Blobs),
        any::<bool>().prop_map(Figure::Flag),
        any::<i16>().prop_map(Figure::Short),
        any::<u8>().prop_map(Figure::Byte),
        // The tool's JSON has no way to say that the member of a union is a null pointer.
        text().prop_map(|text| Figure::Text(Some(text))),
        any::<Option<bool>>().prop_map(|flag| Figure::Twice(Some(flag))),
        (any::<u16>(), text()).prop_map(|(number, text)| Figure::Pair(number, text)),
        Just(Figure::Nothing(())),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| vec(inner, 0..3).prop_map(Figure::Many))
}

fn color() -> impl Strategy<Value = Color> {
    prop_oneof![Just(Color::DarkRed), Just(Color::RGBBlue), Just(Color::Green2)]
}

/// Tuples of strategies end at twelve, so the struct is drawn in parts.
fn everything() -> impl Strategy<Value = Everything> {
    let numbers = any::<(bool, u8, Option<u16>, u64, Option<bool>, i32, f64)>();
    let lists =
        (text(), any::<(Vec<u8>, [u8; 4], Vec<i16>, Vec<bool>)>(), vec(text(), 0..4), any::<Vec<Option<u32>>>());
    let nested = any::<(Vec<Vec<u32>>, Vec<Vec<u8>>, Vec<()>, Option<Option<u32>>)>();
    let entry = || (text(), any::<(u32, bool)>());
    let outcome = prop_oneof![any::<u32>().prop_map(Ok), text().prop_map(Err)];
    let maps = (vec(option::of(text()), 0..4), vec(entry(), 0..4), vec(entry(), 0..4), outcome);
    let tuples = ((any::<u8>(), option::of(text())), any::<(u8, u16, u8)>());
    let types = (vec(tree(), 0..3), vec(option::of(tree()), 0..3), figure(), vec(color(), 0..4), option::of(color()));
    let more = (any::<bool>(), any::<u64>(), vec(color(), 0..3), vec(text(), 0..3), option::of(text()));
    let std = (0..1u64 << 40, 0..1_000_000_000u32, any::<u128>());
    let defaults = (any::<(u32, bool, f64, f32, i64, i16, u8)>(), option::of(text()), option::of(tree()));
    (numbers, lists, nested, maps, tuples, types, more, std, defaults).prop_map(
        |(numbers, lists, nested, maps, tuples, types, more, std, (defaults, present, also))| Everything {
            r#struct: numbers.0,
            r#enum: numbers.1,
            union: numbers.2,
            interface: numbers.3,
            using: numbers.4,
            import: numbers.5,
            annotation: numbers.6,
            r#const: lists.0,
            group: lists.1.0,
            some_long_name: lists.1.1,
            numbers: lists.1.2,
            flags: lists.1.3,
            names: lists.2,
            maybes: lists.3,
            maybe_names: maps.0,
            nested: nested.0,
            blobs: nested.1,
            nothing: (),
            nothings: nested.2,
            twice: nested.3,
            map: maps.1.into_iter().collect(),
            same_pairs: maps.2,
            outcome: maps.3,
            pair: tuples.0,
            triple: tuples.1,
            trees: types.0,
            maybe_trees: types.1,
            figure: types.2,
            colors: types.3,
            color: types.4,
            code: if more.0 { Code::Low } else { Code::High },
            single: Single::Only(more.1),
            page: Page { first: more.2.first().copied(), items: more.2 },
            pages: Page { items: more.3, first: more.4 },
            duration: Duration::new(std.0, std.1),
            time: UNIX_EPOCH + Duration::new(std.0, std.1),
            wide: std.2,
            defaulted: defaults.0,
            yes: defaults.1,
            most: defaults.2,
            half: defaults.3,
            least: defaults.4,
            negative: defaults.5,
            present,
            also,
            end: defaults.6,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 400, max_default_size_range: 4, ..ProptestConfig::default() })]

    #[test]
    fn the_tool_reads_what_is_written_and_writes_what_is_read(value in everything()) {
        let schemas = schemas();
        let through_tool = |ty: &str, message: &[u8]| {
            let json = schemas.to_json("frames.capnp", ty, message);
            schemas.from_json("frames.capnp", ty, &json)
        };
        let message = proof::write_params::<dyn Chain, EVERYTHING, _>(&(value.clone(),)).unwrap();
        let encoded = through_tool("EverythingParams", &message);
        let (back,) = proof::read_params::<dyn Chain, EVERYTHING, (Everything,)>(&encoded).unwrap();
        prop_assert_eq!(&back, &value);

        let results: Result<(Everything,), Failure> = Ok((value,));
        let message = proof::write_results::<dyn Chain, EVERYTHING, _, _>(&results).unwrap();
        let encoded = through_tool("EverythingResults", &message);
        let back = proof::read_results::<dyn Chain, EVERYTHING, (Everything,), Failure>(&encoded).unwrap();
        prop_assert_eq!(&back, &results);
    }
}
