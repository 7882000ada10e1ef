//! A client in Python, on pycapnp and the schemas that are derived from our traits, mines on `multiprocess node`, in each of
//! the ways in which such clients have their calls run.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use foreign_peers::node::Node;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// The interpreter: the variable `PYTHON`, or that of the environment beside this crate.
fn python() -> PathBuf {
    let python = env::var_os("PYTHON").map_or_else(|| Path::new(HERE).join("target/python/bin/python"), PathBuf::from);
    let found = Command::new(&python).args(["-c", "import capnp"]).output();
    assert!(
        found.is_ok_and(|output| output.status.success()),
        "this test needs Python with pycapnp: in foreign-peers/, run python3 -m venv target/python && \
         target/python/bin/pip install -r python/requirements.txt; or set PYTHON"
    );
    python
}

fn mines(way: &str) {
    let node = Node::start(20);
    let output = Command::new(python())
        .arg(Path::new(HERE).join("python/client.py"))
        .arg(Path::new(HERE).join("../interfaces/schema"))
        .arg(node.socket())
        .arg(way)
        .output()
        .expect("Python runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "mined\n", "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());
}

#[test]
fn with_a_thread_for_each_call() {
    mines("threads");
}

#[test]
fn with_a_pool_and_no_thread() {
    mines("pool");
}

#[test]
fn with_no_word_about_threads() {
    mines("nothing");
}
