//! The derived Cap'n Proto schemas in the folder `schema` are in step with the traits.
//!
//! `UPDATE_SCHEMA=1 cargo test -p multiprocess-interfaces` writes them anew.

use std::{collections::BTreeMap, env, fs, path::PathBuf};

use interfaces::{bitcoin_core, node, wallet};
use transport_capnp::schema::Schemas;

/// The files of Bitcoin Core, with their ids: those of the structs are derived from them.
const PUBLISHED: [(&str, u64); 5] = [
    ("common", 0xcd2c_6232_cb48_4a28),
    ("echo", 0x888b_4f7f_51e6_91f7),
    ("init", 0xf2c5_cfa3_1940_6aa6),
    ("mining", 0xc77d_03df_6a41_b505),
    ("rpc", 0x9c35_05dc_45e1_46ac),
];

fn derived() -> BTreeMap<String, String> {
    let schemas = PUBLISHED.into_iter().fold(Schemas::new(), |schemas, (name, id)| {
        let (file, module) = (format!("bitcoin_core/{name}.capnp"), format!("interfaces::bitcoin_core::{name}"));
        schemas.file_with_id(file, module, id)
    });
    schemas
        .file("types.capnp", "interfaces::values")
        .file("node.capnp", "interfaces::node")
        .file("wallet.capnp", "interfaces::wallet")
        .interface::<dyn bitcoin_core::Init>()
        .interface::<dyn node::Init>()
        .interface::<dyn wallet::WalletInit>()
        .texts()
        .unwrap()
}

#[test]
fn the_committed_schemas_are_those_of_the_traits() {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schema");
    for (name, text) in derived() {
        let path = dir.join(&name);
        if env::var_os("UPDATE_SCHEMA").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            continue;
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        let hint = "run UPDATE_SCHEMA=1 cargo test -p multiprocess-interfaces, and look at the difference";
        assert!(committed == text, "schema/{name} is out of step with the traits: {hint}");
    }
}
