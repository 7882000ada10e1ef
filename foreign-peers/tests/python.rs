//! A client in Python, on pycapnp and the schemas that are derived from our traits, mines on `multiprocess node`, in each of
//! the ways in which such clients have their calls run.

use std::path::Path;

use foreign_peers::{node::Node, python};

fn mines(way: &str) {
    let node = Node::start(20);
    let socket = node.socket();
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interfaces/schema");
    let args = [schemas.as_os_str(), socket.as_os_str(), way.as_ref()];
    assert_eq!(python::run("capnp", "client.py", &args), "mined\n");
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
