//! Layouts, ids and names against those that the `capnp` tool computes from the derived schemas.

mod compare;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc, time::Duration};

use compare::Compiled;
use foreign_peers::{
    samples::{Chain, Color, Root, Tree},
    tool,
};
use ipc_core::{
    Interface, Result, Value,
    interface::{InterfaceSchema, MethodSchema},
    value::{Field, Kind, Prim, Shape, Type, TypeName, Variant},
};
use proptest::{collection::vec, prelude::*, sample::select};
use transport_capnp::schema::{PROXY_FILE, Schemas};

const MODULE: &str = "foreign_peers::samples";

#[test]
fn sample_interfaces_have_the_places_that_the_tool_gives_them() {
    let texts = Schemas::new().file("samples.capnp", MODULE).interface::<dyn Root>().texts().unwrap();
    let compiled = Compiled::new(&texts, "samples.capnp");
    compiled.interface(<dyn Root>::SCHEMA);
    compiled.interface(<dyn Chain>::SCHEMA);
}

#[test]
fn the_projects_interfaces_have_the_places_that_the_tool_gives_them() {
    let texts = Schemas::new()
        .file("bitcoin_core.capnp", "interfaces::bitcoin_core")
        .file("node.capnp", "interfaces::node")
        .file("wallet.capnp", "interfaces::wallet")
        .interface::<dyn interfaces::node::Init>()
        .interface::<dyn interfaces::wallet::WalletInit>()
        .texts()
        .unwrap();
    Compiled::new(&texts, "node.capnp").interface(<dyn interfaces::node::Init>::SCHEMA);
    Compiled::new(&texts, "wallet.capnp").interface(<dyn interfaces::wallet::WalletInit>::SCHEMA);
}

#[test]
fn the_shared_schema_has_the_published_ids() {
    let texts = Schemas::new().file("none.capnp", "none").texts().unwrap();
    let compiled = Compiled::new(&texts, PROXY_FILE);
    let expected = [
        ("ThreadMap", 0xee5e_3717_9ad9_dc9d),
        ("Thread", 0x81c1_e260_0d0b_56c5),
        ("Context", 0x9c44_e664_5d0b_22c6),
        ("wrap", 0xe6f4_6079_b7b1_405e),
        ("count", 0xd026_82b3_19f6_9b38),
        ("exception", 0x996a_1832_0099_2f88),
        ("name", 0xb594_888f_63f4_dbb9),
        ("include", 0xb899_f3c1_54fd_b458),
        ("includeTypes", 0xbcec_1564_8e8a_0cf1),
        ("skip", 0x824c_08b8_2695_d8dd),
    ];
    for (name, id) in expected {
        assert_eq!(compiled.id(&format!("{PROXY_FILE}:{name}")), id, "{name}");
    }
    // They are the ones that the tool derives when none are given.
    let bare = texts[PROXY_FILE].lines().skip_while(|line| !line.starts_with('@')).map(|line| {
        let at = line.find(" @0x").filter(|_| !line.starts_with('@'));
        at.map_or(line.to_owned(), |at| format!("{}{}", &line[..at], &line[at + 20..]))
    });
    let bare = BTreeMap::from([(PROXY_FILE.to_owned(), bare.collect::<Vec<_>>().join("\n"))]);
    let derived = Compiled::new(&bare, PROXY_FILE);
    for (name, id) in expected {
        assert_eq!(derived.id(&format!("{PROXY_FILE}:{name}")), id, "{name}, derived");
    }
}

mod one {
    use ipc_core::Result;
    #[ipc_macros::interface]
    pub(crate) trait One: Send + Sync {
        fn two(&self) -> Result<Option<std::sync::Arc<dyn super::two::Two>>>;
    }
}

mod two {
    use ipc_core::Result;
    #[ipc_macros::interface]
    pub(crate) trait Two: super::one::One {
        fn pairs(&self, pairs: Vec<(u8, String)>) -> Result<()>;
        fn closure(&self, closure: std::sync::Arc<dyn Fn(u8) -> Result<()> + Send + Sync>) -> Result<()>;
    }
}

#[test]
fn files_import_each_other() {
    let texts = Schemas::new()
        .file("first/one.capnp", concat!(module_path!(), "::one"))
        .file("two.capnp", concat!(module_path!(), "::two"))
        .interface::<dyn one::One>()
        .texts()
        .unwrap();
    assert!(texts["two.capnp"].contains("interface Two"), "{}", texts["two.capnp"]);
    Compiled::new(&texts, "first/one.capnp").interface(<dyn one::One>::SCHEMA);
    Compiled::new(&texts, "two.capnp").interface(<dyn two::Two>::SCHEMA);
}

type Call = Arc<dyn Fn(u8) -> Result<()> + Send + Sync>;

/// Fields of all kinds.
fn kinds() -> Vec<Field> {
    macro_rules! fields {
        ($($ty:ty),* $(,)?) => { vec![$(Field::of::<$ty>("f")),*] };
    }
    let mut fields = fields![
        bool, bool, u8, u8, u16, u16, u32, u32, u64, i8, i16, i32, i64, f32, f64, (), String, Vec<u8>, Vec<u32>,
        Vec<bool>, Vec<String>, Vec<Option<u8>>, Vec<()>, Option<bool>, Option<u8>, Option<u16>, Option<i32>,
        Option<u64>, Option<f32>, Option<()>, Option<String>, Option<Option<u32>>, Option<Option<String>>,
        (u8, String, Option<u8>), BTreeMap<u8, String>, Color, Color, Option<Color>, Vec<Color>, Tree, Vec<Tree>,
        Option<Tree>, Vec<Option<Tree>>, std::result::Result<u32, String>, [u8; 32], Duration, u128, char, usize, Call,
        Option<Call>,
    ];
    fields.push(Field::of::<Option<String>>("f").with_presence());
    fields.push(Field::of::<Option<Tree>>("f").with_presence());
    fields.push(Field::of::<Option<Vec<u8>>>("f").with_presence());
    fields
}

/// A field of any kind, with a default if it can have one.
fn field() -> impl Strategy<Value = Field> {
    (select(kinds()), any::<Option<u64>>()).prop_map(|(field, bits)| {
        let Some(bits) = bits else { return field };
        let bits = match (field.ty)() {
            Type::Prim("Void") => return field,
            Type::Prim("Bool") => bits & 1,
            Type::Prim("UInt8") => bits as u8 as u64,
            Type::Prim("UInt16") => bits as u16 as u64,
            Type::Prim("UInt32") => bits as u32 as u64,
            Type::Prim("UInt64") => bits,
            Type::Prim("Int8") => bits as i8 as i64 as u64,
            Type::Prim("Int16") => bits as i16 as i64 as u64,
            Type::Prim("Int32") => bits as i32 as i64 as u64,
            Type::Prim("Int64") => bits,
            Type::Prim("Float32") if f32::from_bits(bits as u32).is_nan() => f32::INFINITY.to_bits().into(),
            Type::Prim("Float32") => (bits as u32).into(),
            Type::Prim("Float64") if f64::from_bits(bits).is_nan() => f64::NEG_INFINITY.to_bits(),
            Type::Prim("Float64") => bits,
            Type::Enum(_, variants) => bits % variants.len() as u64,
            _ => return field,
        };
        field.with_default(bits)
    })
}

fn fields(most: usize) -> impl Strategy<Value = &'static [Field]> {
    vec(field(), 0..=most).prop_map(|mut fields| {
        for (number, field) in fields.iter_mut().enumerate() {
            field.name = leak(format!("f_{number}"));
        }
        &*fields.leak()
    })
}

fn variants() -> impl Strategy<Value = &'static [Variant]> {
    let most = prop_oneof![8 => Just(1), 1 => Just(0), 1 => Just(4)];
    let variant = most.prop_flat_map(fields);
    vec(variant, 1..14).prop_map(|variants| {
        let named = variants.into_iter().enumerate();
        &*named
            .map(|(number, fields)| Variant { name: leak(format!("V{number}")), tag: None, fields })
            .collect::<Vec<_>>()
            .leak()
    })
}

fn methods() -> impl Strategy<Value = &'static [MethodSchema]> {
    let error = prop_oneof![
        Just(None),
        Just(Some(Field { kind: Kind::OptPrim(Prim::B16), ..Field::of::<Color>("error") })),
        Just(Some(Field { kind: Tree::KIND.optional(), ..Field::of::<Tree>("error") })),
    ];
    let method = (fields(8), fields(8), error, any::<bool>());
    vec(method, 0..6).prop_map(|methods| {
        let mut all = Vec::new();
        for (number, (params, results, error, context)) in methods.into_iter().enumerate() {
            all.push(MethodSchema {
                name: leak(format!("method_{number}")),
                wire_name: None,
                // With holes.
                ordinal: number as u16 * 2,
                params,
                results,
                error,
                context,
                since: None,
            });
        }
        &*all.leak()
    })
}

fn leak(name: String) -> &'static str {
    name.leak()
}

const RANDOM: &str = "random";

fn named(name: String, shape: Shape) -> Type {
    Type::Named(TypeName { module: RANDOM, name: Cow::Owned(name) }, shape)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn random_types_have_the_places_that_the_tool_gives_them(
        records in vec(fields(40), 1..30),
        unions in vec(variants(), 1..30),
        methods in vec(methods(), 1..8),
    ) {
        let records = records.into_iter().enumerate().map(|(n, fields)| named(format!("Record{n}"), Shape::Record(fields)));
        let unions = unions.into_iter().enumerate().map(|(n, all)| named(format!("Union{n}"), Shape::Union(all)));
        let types: Vec<Type> = records.chain(unions).collect();
        let interfaces = methods.into_iter().enumerate().map(|(n, methods)| &*Box::leak(Box::new(InterfaceSchema {
            name: leak(format!("Interface{n}")),
            module: RANDOM,
            id: 1 << 63 | n as u64,
            bases: &[],
            methods,
            bootstrap: false,
            destroy: None,
            doc: "",
        })));
        let interfaces: Vec<&'static InterfaceSchema> = interfaces.collect();
        let mut schemas = Schemas::new().file("random.capnp", RANDOM);
        for ty in &types {
            schemas = schemas.value(ty.clone());
        }
        for schema in &interfaces {
            schemas = schemas.schema(schema);
        }
        let compiled = Compiled::new(&schemas.texts().unwrap(), "random.capnp");
        for ty in &types {
            compiled.named(&format!("random.capnp:{}", ty.name()), ty);
        }
        for schema in interfaces {
            compiled.interface(schema);
        }
    }
}

#[test]
fn a_schema_that_does_not_compile_fails() {
    let texts = BTreeMap::from([("bad.capnp".to_owned(), "struct Bad {".to_owned())]);
    let schemas = tool::Schemas::new(&texts);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| schemas.compile("bad.capnp"))).is_err());
}
