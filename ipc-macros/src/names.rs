//! Names and ids.

use syn::{Ident, ext::IdentExt};

/// The id of a declaration inside another, as Cap'n Proto derives it: the first eight bytes, read as a big-endian number,
/// of the MD5 hash of the parent's id (eight bytes, little-endian) and the name; the highest bit is set.
pub(crate) fn child_id(parent: u64, name: &str) -> u64 {
    let mut input = parent.to_le_bytes().to_vec();
    input.extend_from_slice(name.as_bytes());
    let [a, b, c, d, e, f, g, h, ..] = md5::compute(input).0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) | 1 << 63
}

/// The id of an interface that does not declare one: its parent is the file that its package's schema is, whose own id is
/// derived from the package's name in the same manner, with parent 0.
pub(crate) fn interface_id(package: &str, name: &str) -> u64 {
    child_id(child_id(0, package), name)
}

/// The package that is being compiled.
pub(crate) fn package() -> String {
    std::env::var("CARGO_PKG_NAME").unwrap_or_default()
}

/// A name as schemas have it: `type` for `r#type`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids that the schema compiler derived, in libmultiprocess's `mp/proxy.capnp`.
    #[test]
    fn ids_are_those_that_the_schema_compiler_derives() {
        let file = 0xcc31_6e3f_71a0_40fb;
        assert_eq!(child_id(file, "ThreadMap"), 0xee5e_3717_9ad9_dc9d);
        assert_eq!(child_id(file, "Thread"), 0x81c1_e260_0d0b_56c5);
        assert_eq!(child_id(file, "Context"), 0x9c44_e664_5d0b_22c6);
        assert_eq!(child_id(file, "wrap"), 0xe6f4_6079_b7b1_405e);
    }

    #[test]
    fn a_package_is_the_parent_of_its_interfaces() {
        assert_eq!(interface_id("node", "Chain"), child_id(child_id(0, "node"), "Chain"));
        assert_ne!(interface_id("node", "Chain"), interface_id("wallet", "Chain"));
    }
}
