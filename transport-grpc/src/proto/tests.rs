use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, SystemTime},
};

use ipc_core::{
    Exception, Limits, Value,
    interface::Params,
    value::{Fields, Only},
};
use ipc_macros::{Value, interface};
use prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet};
use protox::{
    file::{ChainFileResolver, File, FileResolver, GoogleFileResolver},
    prost_reflect::{DescriptorPool, DynamicMessage},
};

use super::*;
use crate::encoding;

#[derive(Clone, Debug, PartialEq, Value)]
struct Everything {
    flag: bool,
    maybe: Option<u16>,
    int: i64,
    float: f32,
    text: Option<String>,
    data: Vec<u8>,
    numbers: Vec<f64>,
    names: Vec<String>,
    maybes: Vec<Option<u32>>,
    nested: Vec<Vec<u32>>,
    twice: Option<Option<u32>>,
    some_list: Option<Vec<u32>>,
    nothing: Option<()>,
    map: BTreeMap<String, Tree>,
    odd_map: BTreeMap<Vec<u8>, Option<bool>>,
    lists: HashMap<u8, Vec<u8>>,
    outcome: Result<u32, String>,
    pair: (u8, Option<String>),
    trees: Vec<Tree>,
    figure: Figure,
    color: Option<Color>,
    took: Duration,
    at: SystemTime,
    wide: u128,
    page: Page<Color>,
    #[value(default = -7)]
    defaulted: i16,
    #[value(has)]
    present: Option<String>,
    #[value(tag = 200)]
    pinned: char,
}

#[derive(Clone, Debug, Default, PartialEq, Value)]
struct Tree {
    name: String,
    children: Vec<Self>,
}

#[derive(Clone, Debug, PartialEq, Value)]
struct Page<T> {
    items: Vec<T>,
}

#[derive(Clone, Copy, Debug, PartialEq, Value)]
enum Color {
    Red,
    DarkGreen,
}

#[derive(Clone, Debug, PartialEq, Value)]
enum Figure {
    Empty,
    Circle(f64),
    /// Named as the type that it holds.
    Tree {
        tree: Tree,
        again: Option<Box<Self>>,
    },
    Many(Vec<Self>),
    Counts {
        by_name: BTreeMap<String, u32>,
    },
}

#[derive(Clone, Debug, PartialEq, Value)]
enum Failure {
    NotFound(u32),
    Gone,
    #[value(exception)]
    Ipc(Exception),
}

impl From<Exception> for Failure {
    fn from(exception: Exception) -> Self {
        Self::Ipc(exception)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Value)]
enum Plain {
    Bad,
}

impl From<Exception> for Plain {
    fn from(_: Exception) -> Self {
        Self::Bad
    }
}

/// Says things.
#[interface]
trait Base: Send + Sync {
    fn echo(&self, everything: Everything) -> Result<Everything, Failure>;
}

/// Does things.
///
/// No more than these.
#[interface]
trait Doer: Base {
    #[method(results(sum, rest))]
    fn divide(&self, a: u32, #[value(name = "divideBy")] b: u32) -> Result<(u32, u32), Plain>;
    fn watch(&self, seen: Arc<dyn Fn(Tree) -> ipc_core::Result<bool> + Send + Sync>) -> ipc_core::Result<()>;
    fn make(&self) -> ipc_core::Result<Option<Arc<dyn Doer>>>;
    #[method(no_context)]
    fn ping(&self) -> ipc_core::Result<()>;
}

/// The derived texts as files.
struct Texts(BTreeMap<String, String>);

impl FileResolver for Texts {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match self.0.get(name) {
            Some(text) => File::from_source(name, text),
            None => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// What the compiler makes of the texts.
fn compiled(texts: &BTreeMap<String, String>) -> FileDescriptorSet {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Texts(texts.clone()));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).open_files(texts.keys()).unwrap_or_else(|error| {
        panic!("{error}: {error:?}\n{}", texts.values().cloned().collect::<Vec<_>>().join("\n-----\n"))
    });
    compiler.file_descriptor_set()
}

/// Our files by their paths, without what follows from the rest.
fn comparable(set: FileDescriptorSet) -> BTreeMap<String, FileDescriptorProto> {
    let ours = set.file.into_iter().filter(|file| !file.name().starts_with("google/"));
    ours.map(|mut file| {
        file.source_code_info = None;
        file.message_type.iter_mut().for_each(clear);
        (file.name().to_owned(), file)
    })
    .collect()
}

fn clear(message: &mut DescriptorProto) {
    for field in &mut message.field {
        field.json_name = None;
    }
    message.nested_type.iter_mut().for_each(clear);
}

#[test]
fn the_texts_say_what_the_descriptors_say() {
    let protos = Protos::new().interface::<dyn Doer>();
    let (texts, descriptors) = (protos.texts().unwrap(), protos.descriptors().unwrap());
    let names: Vec<&str> = texts.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "ipc.proto",
            "transport_grpc/proto/base.proto",
            "transport_grpc/proto/doer.proto",
            "transport_grpc/proto/types.proto"
        ]
    );
    let (compiled, derived) = (comparable(compiled(&texts)), comparable(descriptors));
    assert_eq!(compiled.keys().collect::<Vec<_>>(), derived.keys().collect::<Vec<_>>());
    for (path, file) in derived {
        assert_eq!(compiled[&path], file, "{path}:\n{}", texts[&path]);
    }
}

#[test]
fn services_read_well() {
    let texts = Protos::new().interface::<dyn Doer>().texts().unwrap();
    let doer = &texts["transport_grpc/proto/doer.proto"];
    for part in [
        "package transport_grpc.proto;\n\nimport \"ipc.proto\";\n",
        "\n// Does things.\n//\n// Interface 0x",
        "// Ordinal 0. Fails with ErrorOfPlain.\n  rpc Divide(DoerDivideRequest) returns (DoerDivideResponse);",
        "// Ordinal 1. Needs a session: its parameter `seen` passes an object.\n  rpc Watch(",
        "// Ordinal 3. Carries no thread.\n  rpc Ping(DoerPingRequest) returns (DoerPingResponse);",
        "message DoerDivideRequest {\n  uint32 a = 1;\n  uint32 divide_by = 2;\n}",
        "message DoerDivideResponse {\n  uint32 sum = 1;\n  uint32 rest = 2;\n}",
        "  // A closure: FnTreeBoolRequest to FnTreeBoolResponse.\n  .ipc.Object seen = 1;",
        "  // An object of transport_grpc.proto.Doer.\n  .ipc.Object result = 1;",
        "message DoerPingRequest {}",
    ] {
        assert!(doer.contains(part), "no {part:?} in:\n{doer}");
    }
}

#[test]
fn other_programs_see_the_values_that_are_sent() {
    let protos = Protos::new().interface::<dyn Base>();
    let mut pool = DescriptorPool::new();
    for file in compiled(&protos.texts().unwrap()).file {
        pool.add_file_descriptor_proto(file).unwrap();
    }
    let request = pool.get_message_by_name("transport_grpc.proto.BaseEchoRequest").unwrap();
    let tree = Tree { name: "a".into(), children: vec![Tree::default(), Tree { name: "b".into(), children: vec![] }] };
    let again = Some(Box::new(Figure::Counts { by_name: BTreeMap::from([("n".into(), 3)]) }));
    let sent = Everything {
        flag: true,
        maybe: Some(0),
        int: i64::MIN,
        float: 1.5,
        text: Some(String::new()),
        data: vec![1, 2],
        numbers: vec![0.0, -1.0],
        names: vec!["x".into(), String::new()],
        maybes: vec![None, Some(0), Some(7)],
        nested: vec![vec![], vec![1, 2]],
        twice: Some(None),
        some_list: Some(vec![]),
        nothing: Some(()),
        map: BTreeMap::from([("k".into(), tree.clone()), (String::new(), Tree::default())]),
        odd_map: BTreeMap::from([(vec![1], None), (vec![], Some(false))]),
        lists: HashMap::from([(1, vec![2])]),
        outcome: Err("no".into()),
        pair: (1, None),
        trees: vec![tree.clone()],
        figure: Figure::Many(vec![Figure::Empty, Figure::Circle(0.0), Figure::Tree { tree, again }]),
        color: Some(Color::DarkGreen),
        took: Duration::new(5, 6),
        at: SystemTime::UNIX_EPOCH - Duration::from_millis(1500),
        wide: u128::MAX - 1,
        page: Page { items: vec![Color::DarkGreen, Color::Red] },
        defaulted: 0,
        present: None,
        pinned: 'é',
    };
    let bytes = encode(&sent);
    let seen = DynamicMessage::decode(request.clone(), &*bytes).unwrap();
    let unknown = everything(&seen).unknown_fields().count();
    assert_eq!(unknown, 0, "the derived file does not say all: {seen}");
    assert_eq!(everything(&seen).get_field_by_name("pinned").unwrap().as_u32(), Some(u32::from('é')));
    assert_eq!(
        everything(&seen).get_field_by_name("took").unwrap().as_message().unwrap().to_string(),
        "seconds:5,nanos:6"
    );
    assert_eq!(everything(&seen).fields().count(), 27, "{seen}");
    // Written anew by the other program, in its own order.
    assert_eq!(decode(&prost::Message::encode_to_vec(&seen)), sent);
    assert_eq!(Only::<u8>::FIELDS.len(), 1);
}

fn everything(message: &DynamicMessage) -> DynamicMessage {
    message.get_field_by_name("everything").unwrap().as_message().unwrap().clone()
}

struct NoObjects;

impl ipc_core::session::ObjectSink for NoObjects {
    fn put<I: Interface + ?Sized>(&self, _: &Arc<I>) -> ipc_core::Result<u32> {
        unreachable!("there is none")
    }
}

impl ipc_core::session::ObjectSource for NoObjects {
    fn take<I: Interface + ?Sized>(&self, _: u32) -> ipc_core::Result<Arc<I>> {
        unreachable!("there is none")
    }
}

fn encode(value: &Everything) -> Vec<u8> {
    encoding::encode::<Params<dyn Base, 0>, _, _>(&(value.clone(),), &NoObjects, &Limits::default()).unwrap()
}

fn decode(bytes: &[u8]) -> Everything {
    let (value,) =
        encoding::decode::<Params<dyn Base, 0>, (Everything,), _>(bytes, &NoObjects, &Limits::default()).unwrap();
    value
}

#[test]
fn two_types_of_one_name_are_an_error() {
    mod other {
        #[derive(ipc_macros::Value)]
        pub(super) struct Tree {
            pub(super) height: u32,
        }
    }
    let _ = other::Tree { height: 1 }.height;
    let error = Protos::new().value("mine", Tree::ty()).value("mine", other::Tree::ty()).texts().unwrap_err();
    assert!(
        error.to_string().starts_with("two declarations of the name `Tree` in the package transport_grpc.proto"),
        "{error}"
    );
}

#[test]
fn methods_that_pass_objects_need_a_session() {
    let why = |method: usize| why_session(&<dyn Doer as Interface>::SCHEMA.methods[method]);
    assert_eq!(why(0), None);
    assert_eq!(why(1).unwrap(), "its parameter `seen` passes an object");
    assert_eq!(why(2).unwrap(), "its result passes an object");
    assert_eq!(why_session(&<dyn Base as Interface>::SCHEMA.methods[0]), None);
}
