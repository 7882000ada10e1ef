//! A connection of a process to itself, for the tests: values as trees, calls dispatched at once on the caller's thread.
//!
//! It checks what a layout would rely on: fields come in order, and each is written as the kind that its schema says.

#![allow(dead_code, unused_imports, reason = "each test file uses a part")]

mod call;
mod node;
mod read;
mod write;

use ipc_core::{Result, Value};

pub(crate) use call::{export, export_as};
pub(crate) use node::Node;

/// A value as a tree.
pub(crate) fn encode<T: Value>(value: &T) -> Result<Node> {
    let mut node = Node::Missing;
    value.write(write::Put(&mut node))?;
    node.check(T::KIND);
    Ok(node)
}

/// The value of a tree.
pub(crate) fn decode<T: Value>(node: Node) -> Result<T> {
    T::read(read::Take::new(node))
}

/// There and back.
pub(crate) fn cross<T: Value>(value: &T) -> Result<T> {
    decode(encode(value)?)
}
