//! Names as protobuf has them.

use ipc_core::{
    interface::{InterfaceSchema, MethodSchema},
    value::Field,
};

/// The package of what lives in a Rust module: its crate, and the module in that.
pub(crate) fn package(module: &str) -> String {
    let mut parts = module.split("::");
    match (parts.next().unwrap_or_default(), parts.next()) {
        ("ipc_core", _) => "ipc".to_owned(),
        (name, None) => name.to_owned(),
        (name, Some(module)) => format!("{name}.{module}"),
    }
}

/// Where the files of a package stand.
pub(super) fn folder(package: &str) -> String {
    package.replace('.', "/")
}

/// The service of an interface, without its package.
pub(crate) fn service(schema: &InterfaceSchema) -> String {
    camel(schema.name)
}

/// The full name of an interface's service, as a path has it.
pub(crate) fn full_service(schema: &InterfaceSchema) -> String {
    format!("{}.{}", package(schema.module), service(schema))
}

/// A method of a service.
pub(crate) fn method(schema: &MethodSchema) -> String {
    camel(schema.wire_name.unwrap_or(schema.name))
}

/// A closure's messages begin so.
pub(super) fn closure(schema: &InterfaceSchema) -> String {
    camel(&schema.closure_name())
}

/// A field.
pub(super) fn field(field: &Field) -> String {
    member(field.wire_name.unwrap_or(field.name))
}

/// A field or a variant in `snake_case`. A tuple's fields are numbers in Rust.
pub(super) fn member(name: &str) -> String {
    let name = snake(name);
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("field{name}") } else { name }
}

/// `CamelCase`, without underscores.
pub(super) fn camel(name: &str) -> String {
    name.split('_').map(capitalized).collect()
}

/// `snake_case`.
pub(super) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (i, c) in chars.iter().enumerate() {
        let begins = c.is_ascii_uppercase()
            && i > 0
            && (!chars[i - 1].is_ascii_uppercase() || chars.get(i + 1).is_some_and(char::is_ascii_lowercase));
        if begins && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    let snake = snake.trim_matches('_');
    if snake.is_empty() { "unnamed".to_owned() } else { snake.to_owned() }
}

fn capitalized(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_style_guide() {
        let snakes = ["block_hash", "NotFound", "0", "_x", "RPCServer", "IO", "IPv4Net", "blockHash"];
        let expected = ["block_hash", "not_found", "field0", "x", "rpc_server", "io", "i_pv4_net", "block_hash"];
        assert_eq!(snakes.map(member), expected.map(str::to_owned));
        assert_eq!(["block_hash", "Block", "lower"].map(camel), ["BlockHash", "Block", "Lower"]);
        assert_eq!(package("interfaces::node::chain"), "interfaces.node");
    }
}
