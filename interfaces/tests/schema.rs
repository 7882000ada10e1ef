//! The derived Cap'n Proto schemas in the folder `schema` are in step with the traits.
//!
//! `UPDATE_SCHEMA=1 cargo test -p multiprocess-interfaces` writes them anew.

use std::{collections::BTreeMap, env, fs, path::PathBuf};

use interfaces::{node, wallet};
use transport_capnp::schema::Schemas;

fn derived() -> BTreeMap<String, String> {
    Schemas::new()
        .file("types.capnp", "interfaces::values")
        .file("node.capnp", "interfaces::node")
        .file("wallet.capnp", "interfaces::wallet")
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
