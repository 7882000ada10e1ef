//! The schemas derived from `interfaces::bitcoin_core` against those that the crate `bitcoin-capnp-types` publishes: both are
//! compiled by the `capnp` tool, and compared member by member.

use std::collections::{BTreeMap, BTreeSet};

use foreign_peers::{
    members::Members,
    published::{self, FILES},
};
use interfaces::bitcoin_core;
use transport_capnp::schema::Schemas;

fn derived() -> BTreeMap<String, String> {
    let schemas = FILES.into_iter().fold(Schemas::new(), |schemas, (name, id)| {
        schemas.file_with_id(format!("bitcoin_core/{name}.capnp"), format!("interfaces::bitcoin_core::{name}"), id)
    });
    schemas.interface::<dyn bitcoin_core::Init>().texts().unwrap()
}

/// All members of all declarations, a line each.
fn members(texts: &BTreeMap<String, String>, folder: &str) -> BTreeSet<String> {
    FILES.iter().flat_map(|(name, _)| Members::of(texts, &format!("{folder}{name}.capnp")).lines()).collect()
}

/// What only one of the two has.
fn differences(theirs: &BTreeSet<String>, ours: &BTreeSet<String>) -> Vec<String> {
    let missing = theirs.difference(ours).map(|line| format!("published: {line}"));
    missing.chain(ours.difference(theirs).map(|line| format!("derived:   {line}"))).collect()
}

#[test]
fn every_member_is_as_published() {
    let (theirs, ours) = (members(&published::texts(), ""), members(&derived(), "bitcoin_core/"));
    assert_eq!(differences(&theirs, &ours), [""; 0]);
    // Nothing was lost on the way: the methods, the fields of the structs, and those of parameters and results.
    let count = |kind: &str| ours.iter().filter(|line| line.starts_with(kind)).count();
    assert_eq!((count("interface"), count("method"), count("struct")), (5, 29, 5));
    assert!(count("field") > 90, "{ours:#?}");
}

/// Two methods that change places.
#[test]
fn a_changed_ordinal_is_seen() {
    let ours = members(&derived(), "bitcoin_core/");
    let mut texts = published::texts();
    let text = texts.get_mut("mining.capnp").unwrap();
    *text = text.replace("waitNext @8", "waitNext @9").replace("interruptWait @9", "interruptWait @8");
    let found = differences(&members(&texts, ""), &ours);
    assert_eq!(found.iter().filter(|line| line.contains("BlockTemplate.waitNext")).count(), 2, "{found:#?}");
}

/// Each of these is one change of a schema, as an update of the published ones might bring it.
#[test]
fn a_change_of_any_sort_is_seen() {
    let ours = members(&derived(), "bitcoin_core/");
    for (file, from, to) in [
        (
            "mining",
            "(context: Proxy.Context) -> (result: Data);\n    getBlock @2",
            "() -> (result: Data);\n    getBlock @2",
        ),
        ("mining", "timestamp: UInt32, nonce: UInt32", "nonce: UInt32, timestamp: UInt32"),
        ("mining", "cooldown: Bool = true", "cooldown: Bool"),
        ("mining", "maxMoney :Int64 = 2100000000000000", "maxMoney :Int64 = 2100000000000001"),
        ("mining", "feeThreshold @1 : Int64", "feeThreshold @1 : UInt64"),
        ("mining", "txids: List(Data)", "txids: List(Text)"),
        ("mining", "getTxFees @3", "getFees @3"),
        ("mining", "interrupt @6 () -> ();", "interrupt @6 (context :Proxy.Context) -> ();"),
        ("mining", "0xc77d03df6a41b505", "0xc77d03df6a41b506"),
        ("mining", "(result: Common.BlockRef, hasResult: Bool)", "(result: Common.BlockRef)"),
        ("common", "height @1 :Int32", "height @1 :Int64"),
        ("echo", "(context :Proxy.Context, echo: Text)", "(echo: Text, context :Proxy.Context)"),
        ("rpc", "user :Text)", "user :Text, more :Text)"),
        ("init", "makeRpc @4", "makeRpc @5 () -> (); reserved @4"),
    ] {
        let mut texts = published::texts();
        let text = texts.get_mut(&format!("{file}.capnp")).unwrap();
        let changed = text.replace(from, to);
        assert_ne!(*text, changed, "{from} is in {file}.capnp");
        *text = changed;
        assert_ne!(differences(&members(&texts, ""), &ours), [""; 0], "{from} became {to}");
    }
}
