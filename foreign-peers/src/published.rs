//! The schemas that the crate `bitcoin-capnp-types` publishes: those of Bitcoin Core.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// The files with interfaces and their types, without `.capnp`, and their ids.
pub const FILES: [(&str, u64); 5] = [
    ("common", 0xcd2c_6232_cb48_4a28),
    ("echo", 0x888b_4f7f_51e6_91f7),
    ("init", 0xf2c5_cfa3_1940_6aa6),
    ("mining", 0xc77d_03df_6a41_b505),
    ("rpc", 0x9c35_05dc_45e1_46ac),
];

/// All of them by their names, `proxy.capnp` too.
///
/// # Panics
///
/// If cargo does not know where the crate is.
pub fn texts() -> BTreeMap<String, String> {
    let dir = sources().join("capnp");
    let files = fs::read_dir(&dir).unwrap_or_else(|error| panic!("cannot read {}: {error}", dir.display()));
    let paths = files.map(|file| file.expect("a file of the folder").path());
    let schemas = paths.filter(|path| path.extension().is_some_and(|extension| extension == "capnp"));
    schemas.map(|path| (name(&path), fs::read_to_string(&path).expect("a schema can be read"))).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Where the crate's sources are.
fn sources() -> PathBuf {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    let package = packages.iter().find(|package| package["name"] == "bitcoin-capnp-types");
    let manifest = package.and_then(|package| package["manifest_path"].as_str()).expect("it is a dependency");
    PathBuf::from(manifest).parent().expect("a manifest has a folder").to_owned()
}
