//! Names and ids as Cap'n Proto has them.

/// The id of a declaration inside another, as Cap'n Proto derives it: the first eight bytes, read as a big-endian number,
/// of the MD5 hash of the parent's id (eight bytes, little-endian) and the name; the highest bit is set.
pub(super) fn child_id(parent: u64, name: &str) -> u64 {
    let mut input = parent.to_le_bytes().to_vec();
    input.extend_from_slice(name.as_bytes());
    let [a, b, c, d, e, f, g, h, ..] = md5::compute(input).0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) | 1 << 63
}

/// The id of a file that does not declare one.
pub(super) fn file_id(module: &str, name: &str) -> u64 {
    let package = module.split("::").next().unwrap_or_default();
    child_id(child_id(0, package), name)
}

/// A name of a type: `CamelCase`, without underscores.
pub(super) fn type_name(name: &str) -> String {
    name.split('_').map(capitalized).collect()
}

/// A name of a field, a method or a variant: `camelCase`, without underscores. A tuple's fields are numbers in Rust.
pub(super) fn member_name(name: &str) -> String {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let first = uncapitalized(words.next().unwrap_or("unnamed"));
    let name = words.fold(first, |name, word| name + &capitalized(word));
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("field{name}") } else { name }
}

/// The presence bit beside a field.
pub(super) fn presence(field: &str) -> String {
    format!("has{}", capitalized(field))
}

pub(super) fn capitalized(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

/// Lowers the first letter, and an acronym as a whole: `RPCServer` is `rpcServer`.
fn uncapitalized(name: &str) -> String {
    let upper = name.chars().take_while(char::is_ascii_uppercase).count();
    let lower = match upper {
        0 => 0,
        _ if upper == name.len() => upper,
        1 => 1,
        _ if name[upper..].starts_with(|c: char| c.is_ascii_digit()) => upper,
        _ => upper - 1,
    };
    name[..lower].to_ascii_lowercase() + &name[lower..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_that_the_schema_compiler_derives() {
        assert_eq!(child_id(0xcc31_6e3f_71a0_40fb, "ThreadMap"), 0xee5e_3717_9ad9_dc9d);
    }

    #[test]
    fn names_have_no_underscores() {
        let members = ["block_hash", "NotFound", "0", "_x", "r", "RPCServer", "IO", "V2", "IPv4", "SHA256", "a__b"];
        let expected = ["blockHash", "notFound", "field0", "x", "r", "rpcServer", "io", "v2", "iPv4", "sha256", "aB"];
        assert_eq!(members.map(member_name), expected.map(str::to_owned));
        assert_eq!(["Block", "Fancy_Name", "lower"].map(type_name), ["Block", "FancyName", "Lower"]);
        assert_eq!(presence("result"), "hasResult");
    }
}
