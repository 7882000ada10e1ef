//! Who may know a wire protocol: nobody but the transports, and the facade by its features.

use std::process::Command;

/// The names of all packages that this one needs to run.
fn dependencies(package: &str, features: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--package", package])
        .args(features)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let names: Vec<String> = text.lines().filter_map(|line| line.split_whitespace().next()).map(Into::into).collect();
    assert!(names.iter().any(|name| name == package), "{package} is missing among its own packages: {text}");
    names
}

fn wire_protocols(names: &[String]) -> Vec<&str> {
    let protocols = ["capnp", "tonic", "prost", "h2", "transport-"];
    names
        .iter()
        .map(String::as_str)
        .filter(|name| protocols.iter().any(|protocol| name.starts_with(protocol)))
        .collect()
}

#[test]
fn the_core_the_macros_and_the_interfaces_know_no_wire_protocol() {
    for package in ["ipc-core", "ipc-macros", "multiprocess-interfaces"] {
        assert_eq!(wire_protocols(&dependencies(package, &[])), [""; 0], "{package}");
    }
}

#[test]
fn the_facade_knows_those_that_its_features_name() {
    assert_eq!(wire_protocols(&dependencies("trait-ipc", &["--no-default-features"])), [""; 0]);
    assert!(wire_protocols(&dependencies("trait-ipc", &[])).contains(&"transport-capnp"));
}
