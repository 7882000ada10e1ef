//! `#[interface]`: an object behind a proxy does what it does itself.

#![deny(missing_docs, unused, clippy::all, unused_qualifications)]

mod interfaces;
mod loopback;
#[allow(dead_code, reason = "the tests of values use the rest")]
mod types;

use std::{
    any::TypeId,
    fmt::Debug,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use interfaces::*;
use ipc_core::{
    Exception, ExceptionKind, Interface, Result,
    interface::InterfaceSchema,
    value::{Kind, Prim, Ptr, Type},
};
use loopback::export;
use types::*;

fn schema<I: Interface + ?Sized>() -> &'static InterfaceSchema {
    assert_eq!(I::SCHEMA.id, I::ID);
    I::SCHEMA
}

fn ordinals<I: Interface + ?Sized>() -> Vec<(&'static str, u16)> {
    schema::<I>().methods.iter().map(|method| (method.name, method.ordinal)).collect()
}

#[derive(Debug)]
struct Node;

impl Root for Node {
    fn root(&self) -> Result<String> {
        Ok(String::from("root"))
    }
}

impl Base for Node {
    fn version(&self, offset: u32) -> Result<u32> {
        Ok(30 + offset)
    }
}

impl Other for Node {
    fn other(&self) -> Result<Color> {
        Ok(Color::Green)
    }
}

impl Init for Node {
    fn chain(&self) -> Result<Arc<dyn Chain>> {
        Ok(Arc::new(Tip(7)))
    }

    fn same(&self, object: Arc<dyn Base>) -> Result<Arc<dyn Root>> {
        Ok(object)
    }

    fn maybe(&self, object: Option<Arc<dyn Root>>) -> Result<Option<Arc<dyn Root>>> {
        Ok(object)
    }
}

struct Tip(u32);

impl Chain for Tip {
    fn height(&self) -> Result<u32> {
        Ok(self.0)
    }

    fn find(&self, what: Figure) -> Result<Page<u32>, Failure> {
        match what {
            Figure::Empty => Err(Failure::NotFound(3)),
            Figure::Nothing {} => Err(Exception::new(ExceptionKind::Overloaded, "later"))?,
            _ => Ok(Page { items: vec![1], next: None }),
        }
    }

    fn scan(&self, from: u32, visit: Visit) -> Result<u32, Failure> {
        let mut height = from;
        while visit(height, Color::Blue)? {
            height += 1;
        }
        Ok(height)
    }

    fn adder(&self, offset: u32) -> Result<Arc<dyn Fn(u32) -> Result<u32> + Send + Sync>> {
        Ok(Arc::new(move |number| Ok(number + offset)))
    }

    fn itself(&self, chain: Arc<dyn Chain>) -> Result<Arc<dyn Chain>> {
        chain.height()?;
        Ok(chain)
    }
}

#[test]
fn a_proxy_of_a_derived_interface_answers_for_all_its_bases() {
    let init: Arc<dyn Init> = export(Arc::new(Node));
    assert_eq!(init.root().unwrap(), "root");
    assert_eq!(init.version(2).unwrap(), 32);
    assert_eq!(init.other().unwrap(), Color::Green);
    assert_eq!(init.chain().unwrap().height().unwrap(), 7);
    assert_eq!(format!("{init:?}"), "Proxy { .. }");
}

#[test]
fn an_object_that_comes_home_is_itself_whatever_interface_it_comes_as() {
    let init: Arc<dyn Init> = export(Arc::new(Node));
    let own = Arc::new(Node);
    let home = init.same(own.clone()).unwrap();
    assert_eq!(Arc::as_ptr(&home).cast::<()>(), Arc::as_ptr(&own).cast());
    let home = init.maybe(Some(own.clone())).unwrap().unwrap();
    assert_eq!(Arc::as_ptr(&home).cast::<()>(), Arc::as_ptr(&own).cast());
    assert!(init.maybe(None).unwrap().is_none());
}

#[test]
fn upcasting_reaches_bases_of_any_depth_and_nothing_else() {
    let own = Arc::new(Node);
    let upcast = |to| <dyn Init>::upcast(own.clone(), to);
    assert!(upcast(TypeId::of::<dyn Init>()).unwrap().is::<Arc<dyn Init>>());
    assert!(upcast(TypeId::of::<dyn Base>()).unwrap().is::<Arc<dyn Base>>());
    assert!(upcast(TypeId::of::<dyn Other>()).unwrap().is::<Arc<dyn Other>>());
    let root = upcast(TypeId::of::<dyn Root>()).unwrap().downcast::<Arc<dyn Root>>().unwrap();
    assert_eq!(Arc::as_ptr(&root).cast::<()>(), Arc::as_ptr(&own).cast());
    assert!(upcast(TypeId::of::<dyn Chain>()).is_none());
    assert!(upcast(TypeId::of::<Node>()).is_none());
}

#[test]
fn an_error_arrives_as_itself_and_an_exception_as_remote() {
    let chain: Arc<dyn Chain> = export(Arc::new(Tip(0)));
    assert_eq!(chain.find(Figure::Empty).unwrap_err(), Failure::NotFound(3));
    let Failure::Ipc(exception) = chain.find(Figure::Nothing {}).unwrap_err() else { panic!("an exception") };
    assert_eq!(exception.kind(), ExceptionKind::Remote);
    assert_eq!(exception.remote().unwrap().kind(), ExceptionKind::Overloaded);
    assert_eq!(chain.find(Figure::Circle(1.0)).unwrap().items, [1]);
}

#[test]
fn closures_cross_both_ways() {
    let chain: Arc<dyn Chain> = export(Arc::new(Tip(0)));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let visit = {
        let seen = seen.clone();
        Arc::new(move |height, color| {
            seen.lock().unwrap().push((height, color));
            if height > 5 { Err(Failure::Full) } else { Ok(height < 4) }
        })
    };
    assert_eq!(chain.scan(2, visit.clone()).unwrap(), 4);
    assert_eq!(*seen.lock().unwrap(), [(2, Color::Blue), (3, Color::Blue), (4, Color::Blue)]);
    assert_eq!(chain.scan(6, visit).unwrap_err(), Failure::Full);
    assert_eq!(chain.adder(40).unwrap()(2).unwrap(), 42);
}

#[test]
fn an_interface_may_name_itself() {
    let chain: Arc<dyn Chain> = export(Arc::new(Tip(1)));
    let own: Arc<dyn Chain> = Arc::new(Tip(2));
    assert!(Arc::ptr_eq(&chain.itself(own.clone()).unwrap(), &own));
}

#[test]
fn an_unknown_ordinal_is_answered_as_unknown() {
    // The same id, one method less.
    let old: Arc<dyn Pinned> = Arc::new(Old);
    let new: Arc<dyn PinnedNewer> = loopback::export_as(old);
    assert_eq!(new.interrupt().unwrap(), ());
    let error = new.added().unwrap_err();
    assert_eq!(error.kind(), ExceptionKind::Unimplemented);
    assert_eq!((error.interface(), error.method()), (Some("Pinned"), Some("added")));
}

struct Old;

impl Pinned for Old {
    fn interrupt(&self) -> Result<()> {
        Ok(())
    }

    fn check(&self, _: Checked, _: Option<String>, _: u32) -> Result<(String, bool, u8)> {
        Err(Exception::new(ExceptionKind::Cancelled, "stop"))
    }
}

#[test]
fn what_the_attributes_say_is_in_the_schema() {
    let pinned = schema::<dyn Pinned>();
    assert_eq!((pinned.id, pinned.name, pinned.bootstrap), (0x8000_0000_dead_beef, "Pinned", true));
    assert_eq!(pinned.doc, "What moves nowhere,\nand stays.");
    assert_eq!(pinned.module, "interface::interfaces");
    assert_eq!(pinned.destroy, Some(5));
    let [interrupt, check] = pinned.methods else { panic!("{:?}", pinned.methods) };
    assert_eq!((interrupt.ordinal, interrupt.context, interrupt.since), (1, false, Some("31")));
    assert_eq!((check.name, check.ordinal, check.wire_name, check.context), ("check", 4, Some("checkBlock"), true));
    let results = check.results.iter().map(|result| (result.name, result.kind)).collect::<Vec<_>>();
    let expected =
        [("reason", Kind::Ptr(Ptr::Text)), ("result", Kind::Prim(Prim::Bool)), ("type", Kind::Prim(Prim::B8))];
    assert_eq!(results, expected);
    let params = check.params.iter().map(|param| (param.name, param.wire_name, param.kind, param.default));
    let expected = [
        ("options", Some("opts"), Kind::Ptr(Ptr::Struct), 0),
        ("note", None, Kind::HasPtr(Ptr::Text), 0),
        ("limit", None, Kind::Prim(Prim::B32), 21),
    ];
    assert_eq!(params.collect::<Vec<_>>(), expected);
}

#[test]
fn several_results_are_those_of_the_tuple() {
    let several: Arc<dyn Several> = export(Arc::new(Many));
    assert_eq!(several.three(5).unwrap(), (String::from("5"), Some(5), Figure::Empty));
    assert_eq!(several.none().unwrap(), ());
    assert_eq!(several.one().unwrap(), (1, 2));
    let names = |method: usize| schema::<dyn Several>().methods[method].results.iter().map(|result| result.name);
    assert_eq!(names(0).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(names(1).count(), 0);
    assert_eq!(names(2).collect::<Vec<_>>(), ["pair"]);
}

#[test]
fn a_result_may_be_made_of_several() {
    let several: Arc<dyn Several> = export(Arc::new(Many));
    assert_eq!(several.converted(true).unwrap(), Judgement::Fine);
    assert_eq!(several.converted(false).unwrap(), Judgement::Bad("wrong".into()));
    let results = schema::<dyn Several>().methods[3].results.iter().map(|result| (result.name, result.kind));
    let expected = [("reason", Kind::Ptr(Ptr::Text)), ("result", Kind::Prim(Prim::Bool))];
    assert_eq!(results.collect::<Vec<_>>(), expected);
}

#[test]
fn an_optional_result_may_have_a_presence_bit() {
    let several: Arc<dyn Several> = export(Arc::new(Many));
    for value in [Some("here".to_owned()), None] {
        assert_eq!(several.maybe(value.clone()).unwrap(), value);
    }
    assert_eq!(schema::<dyn Several>().methods[4].results[0].kind, Kind::HasPtr(Ptr::Text));
}

struct Many;

impl Several for Many {
    fn three(&self, number: u8) -> Triple {
        Ok((number.to_string(), Some(number), Figure::Empty))
    }

    fn none(&self) -> Result<()> {
        Ok(())
    }

    fn one(&self) -> Result<(u8, u8)> {
        Ok((1, 2))
    }

    fn converted(&self, fine: bool) -> Result<Judgement> {
        Ok(if fine { Judgement::Fine } else { Judgement::Bad("wrong".into()) })
    }

    fn maybe(&self, value: Option<String>) -> Result<Option<String>> {
        Ok(value)
    }
}

#[test]
fn hooks_marshal_parameters_and_results() {
    let hooks: Arc<dyn Hooks> = export(Arc::new(Many));
    let addresses = vec![Ipv4Addr::LOCALHOST, Ipv4Addr::BROADCAST];
    assert_eq!(hooks.first(addresses.clone()).unwrap(), Some(Ipv4Addr::LOCALHOST));
    assert_eq!(hooks.first(vec![]).unwrap(), None);
    assert_eq!(hooks.wait(Duration::from_millis(20)).unwrap(), Duration::from_millis(21));
    let foreign = Foreign { name: String::from("a"), list: vec![None, Some('b')] };
    assert_eq!(hooks.foreign(foreign.clone(), 1).unwrap(), format!("{foreign:?}"));
    let methods = schema::<dyn Hooks>().methods;
    assert!(matches!((methods[0].params[0].ty)(), Type::List(_)));
    assert_eq!(methods[0].results[0].kind, Kind::OptPrim(Prim::B32));
    assert_eq!((methods[1].params[0].kind, methods[1].params[0].default), (Kind::Prim(Prim::B32), 1000));
    assert_eq!(methods[2].params[0].kind, Kind::Ptr(Ptr::Bytes));
}

impl Hooks for Many {
    fn first(&self, addresses: Vec<Ipv4Addr>) -> Result<Option<Ipv4Addr>> {
        Ok(addresses.first().copied())
    }

    fn wait(&self, timeout: Duration) -> Result<Duration, Failure> {
        Ok(timeout + Duration::from_millis(1))
    }

    fn foreign(&self, foreign: Foreign, number: u8) -> Result<String> {
        assert_eq!(number, 1);
        Ok(format!("{foreign:?}"))
    }
}

#[test]
fn ordinals_are_the_lowest_that_nobody_declares() {
    assert_eq!(ordinals::<dyn Numbered>(), [("a", 2), ("b", 0), ("c", 4), ("d", 3), ("e", 5)]);
    assert_eq!(schema::<dyn Numbered>().destroy, Some(1));
    assert_eq!(ordinals::<dyn Destroyed>(), [("first", 1), ("second", 2)]);
    assert_eq!(schema::<dyn Destroyed>().destroy, Some(0));
    assert_eq!(ordinals::<dyn Init>(), [("chain", 1), ("same", 2), ("maybe", 3)]);
    assert_eq!((schema::<dyn Init>().destroy, schema::<dyn Init>().bootstrap), (None, true));
}

#[test]
fn ids_differ_and_have_the_highest_bit_set() {
    let ids = [<dyn Root>::ID, <dyn Base>::ID, <dyn Init>::ID, <dyn Sink<u8>>::ID, <dyn Sink<String>>::ID];
    for (index, id) in ids.iter().enumerate() {
        assert_eq!(id >> 63, 1);
        assert!(!ids[..index].contains(id));
    }
    // Computed apart: the MD5 hash of the parent's id and `Root`; the parent's is that of 0 and `ipc-macros`.
    assert_eq!(<dyn Root>::ID, 0xe007_64ec_81cf_0811);
    assert!(schema::<dyn Init>().extends(<dyn Root>::ID));
    assert!(!schema::<dyn Root>().extends(<dyn Init>::ID));
}

#[test]
fn a_generic_interface_is_one_for_each_argument() {
    let sink: Arc<dyn Sink<u8>> = export(Arc::new(Collect::default()));
    sink.put(1, None).unwrap();
    assert_eq!(sink.put(2, Some(3)).unwrap(), [1, 2, 3]);
    let texts: Arc<dyn Texts> = export(Arc::new(Collect::<String>::default()));
    assert_eq!(texts.put(String::from("a"), None).unwrap(), ["a"]);
    assert_eq!(texts.clear().unwrap(), 1);
    let grid: Arc<dyn Matrix<bool, 2>> = export(Arc::new(Many));
    assert_eq!(grid.flip(Grid { cells: [true, false] }).unwrap().cells, [false, true]);
}

#[derive(Default)]
struct Collect<T>(Mutex<Vec<T>>);

impl<T: ipc_core::Value + Clone> Sink<T> for Collect<T> {
    fn put(&self, value: T, more: Option<T>) -> Result<Vec<T>> {
        let mut values = self.0.lock().unwrap();
        values.push(value);
        values.extend(more);
        Ok(values.clone())
    }
}

impl Texts for Collect<String> {
    fn clear(&self) -> Result<u32> {
        Ok(std::mem::take(&mut *self.0.lock().unwrap()).len() as u32)
    }
}

impl Matrix<bool, 2> for Many {
    fn flip(&self, grid: Grid<bool, 2>) -> Result<Grid<bool, 2>, Failure> {
        Ok(Grid { cells: grid.cells.map(|cell| !cell) })
    }
}

#[test]
fn methods_and_parameters_may_have_any_name() {
    let names: Arc<dyn Names> = export(Arc::new(Any(5)));
    assert_eq!(names.proxy(1, 2, 3, 4).unwrap(), 1234);
    assert_eq!(<dyn Names as Names>::clone(&*names).unwrap(), 1);
    assert_eq!(names.dispatch().unwrap(), 2);
    assert_eq!(names.call(1).unwrap(), 6);
    assert_eq!(names.start(2).unwrap(), 7);
    assert_eq!(names.remote().unwrap(), 5);
    assert_eq!(names.r#type(6).unwrap(), 6);
    #[allow(deprecated, reason = "the expansion calls it without a warning")]
    let upcast = names.upcast();
    assert_eq!(upcast.unwrap(), 8);
    let methods = schema::<dyn Names>().methods;
    assert_eq!((methods[6].name, methods[6].params[0].name), ("type", "match"));
    let made: Arc<dyn FromMacro> = export(Arc::new(Any(5)));
    assert_eq!(made.made(1, 2).unwrap(), 3);
}

struct Any(u32);

impl Names for Any {
    fn proxy(&self, this: u32, call: u32, interface: u32, ordinal: u32) -> Result<u32> {
        Ok(this * 1000 + call * 100 + interface * 10 + ordinal)
    }

    fn clone(&self) -> Result<u32> {
        Ok(1)
    }

    fn dispatch(&self) -> Result<u32> {
        Ok(2)
    }

    fn call(&self, result: u32) -> Result<u32> {
        Ok(self.0 + result)
    }

    fn start(&self, remote: u32) -> Result<u32> {
        Ok(self.0 + remote)
    }

    fn remote(&self) -> Result<u32> {
        Ok(self.0)
    }

    fn r#type(&self, r#match: u32) -> Result<u32> {
        Ok(r#match)
    }

    fn upcast(&self) -> Result<u32> {
        Ok(8)
    }
}

impl FromMacro for Any {
    fn made(&self, number: u8, other: u8) -> Result<u8> {
        Ok(number + other)
    }
}

#[test]
fn local_methods_run_here_and_are_not_in_the_schema() {
    let local: Arc<dyn Local> = export(Arc::new(Any(5)));
    assert_eq!(local.twice(4).unwrap(), 8);
    assert_eq!(ordinals::<dyn Local>(), [("once", 0)]);
    assert_eq!(Any(1).thrice::<u8>(2).unwrap(), 6);
}

impl Local for Any {
    fn once(&self, number: u32) -> Result<u32> {
        Ok(number)
    }
}

#[test]
fn interfaces_may_extend_debug() {
    fn debug(object: &(impl Debug + ?Sized)) -> String {
        format!("{object:?}")
    }
    let own: Arc<dyn Init> = Arc::new(Node);
    assert_eq!(debug(&*own), "Node");
}

#[test]
fn which_answers_may_hold_objects_is_known_from_their_types() {
    let methods = schema::<dyn Answering>().methods.iter();
    let answers = methods.map(|method| (method.name, method.answers_are_plain(), method.answers_may_hold_objects()));
    let expected = [
        ("nothing", true, false),
        ("number", true, false),
        ("text", true, false),
        ("list", false, false),
        ("plain", false, false),
        ("failing", false, false),
        ("holder", false, true),
        ("closure", false, true),
        ("object", false, true),
    ];
    assert_eq!(answers.collect::<Vec<_>>(), expected);
}
