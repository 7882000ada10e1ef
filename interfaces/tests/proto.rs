//! The derived `.proto` files in the folder `proto` are in step with the traits, and protobuf's grammar allows them.
//!
//! `UPDATE_SCHEMA=1 cargo test -p multiprocess-interfaces` writes them anew.

use std::{collections::BTreeMap, env, fs, path::PathBuf};

use interfaces::{node, wallet};
use transport_grpc::proto::Protos;

fn derived() -> BTreeMap<String, String> {
    Protos::new().interface::<dyn node::Init>().interface::<dyn wallet::WalletInit>().texts().unwrap()
}

fn dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("proto")
}

#[test]
fn the_committed_files_are_those_of_the_traits() {
    for (name, text) in derived() {
        let path = dir().join(&name);
        if env::var_os("UPDATE_SCHEMA").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            continue;
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        let hint = "run UPDATE_SCHEMA=1 cargo test -p multiprocess-interfaces, and look at the difference";
        assert!(committed == text, "proto/{name} is out of step with the traits: {hint}");
    }
}

#[test]
fn a_compiler_accepts_them() {
    let names: Vec<String> = derived().into_keys().collect();
    let compiled = protox::compile(&names, [dir()]).unwrap();
    let services: Vec<&str> =
        compiled.file.iter().flat_map(|file| &file.service).map(|service| service.name()).collect();
    for service in ["Chain", "Node", "Init", "Wallet", "WalletInit"] {
        assert!(services.contains(&service), "no {service} in {services:?}");
    }
}
