use std::sync::Arc;

use ipc_core::{Exception, Result};
use ipc_macros::{Value, interface};

use super::*;

const MODULE: &str = module_path!();

#[derive(Debug, Value)]
enum Figure {
    Empty,
    Rect { width: u32, label: Option<String> },
    Maybe(Option<u8>),
}

#[derive(Debug, Value)]
struct Inner {
    #[value(default = 5)]
    count: i8,
    figures: Vec<Option<Figure>>,
}

#[derive(Clone, Copy, Debug, Value)]
enum Reason {
    NotFound,
    IOError,
}

impl From<Exception> for Reason {
    fn from(_: Exception) -> Self {
        Self::NotFound
    }
}

/// Says what it does.
///
/// And more.
#[interface(bootstrap, destroy = 3, id = 0xf000_0000_0000_0001)]
trait Sample: Send + Sync {
    fn first_one(&self, inner: Inner, #[value(has)] name: Option<String>) -> Result<Option<u16>, Reason>;
    #[method(ordinal = 5, no_context, since = "31")]
    fn stop(&self) -> Result<()>;
    fn each(&self, visit: Arc<dyn Fn((u8, String)) -> Result<bool> + Send + Sync>) -> Result<()>;
}

const TEXT: &str = r#"# Derived from Rust traits; do not edit.

@0xf000000000000000;

using Proxy = import "/mp/proxy.capnp";

interface Sample @0xf000000000000001 {
  # Says what it does.

  construct @0 (threadMap :Proxy.ThreadMap) -> (threadMap :Proxy.ThreadMap);
  firstOne @1 (context :Proxy.Context, inner :Inner, name :Text, hasName :Bool) -> (error :Reason $Proxy.exception("Reason"), hasError :Bool, result :UInt16, hasResult :Bool);
  each @2 (context :Proxy.Context, visit :FnPairOfUInt8OfTextBool) -> ();
  destroy @3 (context :Proxy.Context) -> ();
  reserved4 @4 () -> ();
  stop @5 () -> ();
  # Since 31.
}
"#;

fn sample() -> BTreeMap<String, String> {
    Schemas::new()
        .file_with_id("sample.capnp", MODULE, 0xf000_0000_0000_0000)
        .interface::<dyn Sample>()
        .texts()
        .unwrap()
}

#[test]
fn an_interface_reads_like_its_trait() {
    let texts = sample();
    let text = &texts["sample.capnp"];
    assert!(text.starts_with(TEXT), "{text}");
    for part in [
        "  count @0 :Int8 = 5;\n  figures @1 :List(OptionOfFigure);\n",
        "  union {\n    empty @0 :Void;\n    rect @1 :FigureRect;\n    maybe @2 :FigureMaybe;\n  }\n",
        "{\n  field0 @0 :UInt8;\n  hasField0 @1 :Bool;\n}\n",
        "{\n  width @0 :UInt32;\n  label @1 :Text;\n}\n",
        "{\n  notFound @0;\n  ioError @1;\n}\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert_eq!(texts[PROXY_FILE], PROXY);
}

#[test]
fn the_same_input_gives_the_same_text() {
    assert_eq!(sample(), sample());
}

mod other {
    use super::*;

    #[derive(Debug, Value)]
    pub(super) struct Inner {
        other: u8,
    }

    #[interface]
    pub(super) trait Uses: Send + Sync {
        fn inner(&self, inner: Inner) -> Result<super::Inner>;
    }
}

#[test]
fn two_types_of_one_name_in_a_file_are_an_error() {
    let schemas = |schemas: Schemas| schemas.interface::<dyn other::Uses>().texts();
    let error = schemas(Schemas::new().file("one.capnp", MODULE)).unwrap_err().to_string();
    assert!(error.contains("two declarations of the name `Inner` in one.capnp"), "{error}");
    let texts =
        schemas(Schemas::new().file("one.capnp", MODULE).file("two.capnp", format!("{MODULE}::other"))).unwrap();
    assert!(texts["two.capnp"].contains("using One = import \"/one.capnp\";"), "{}", texts["two.capnp"]);
    assert!(texts["two.capnp"].contains("inner :Inner) -> (result :One.Inner)"), "{}", texts["two.capnp"]);
}

#[test]
fn two_members_of_one_name_are_an_error() {
    #[derive(Debug, Value)]
    struct Twice {
        name: Option<u8>,
        has_name: bool,
    }
    let error = Schemas::new().file("a.capnp", "").value(<Twice as ipc_core::Value>::ty()).texts().unwrap_err();
    assert!(error.to_string().contains("Twice has two members of the name `hasName`"), "{error}");
}

#[test]
fn files_are_needed_and_have_names_of_their_own() {
    assert!(Schemas::new().texts().is_err());
    assert!(Schemas::new().file("a.capnp", "a").file("a.capnp", "b").texts().is_err());
}
