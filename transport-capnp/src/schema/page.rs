//! One file while it is written.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

pub(super) struct Page {
    pub(super) id: u64,
    /// What is declared, and what tells it from others of the name.
    pub(super) names: BTreeMap<String, String>,
    pub(super) declarations: Vec<String>,
    /// The numbers of other files.
    pub(super) imports: BTreeSet<usize>,
}

impl Page {
    pub(super) fn new(id: u64) -> Self {
        Self { id, names: BTreeMap::new(), declarations: Vec::new(), imports: BTreeSet::new() }
    }

    /// The text, with imports given by alias and file.
    pub(super) fn text(&self, imports: &[(String, &str)]) -> String {
        let mut text = format!("# Derived from Rust traits; do not edit.\n\n@{:#018x};\n\n", self.id);
        let proxy = "using Proxy = import \"/mp/proxy.capnp\";\n";
        if self.declarations.iter().any(|declaration| declaration.contains("Proxy.")) {
            text.push_str(proxy);
        }
        for (alias, file) in imports {
            writeln!(text, "using {alias} = import \"/{file}\";").expect("a string takes all");
        }
        for declaration in &self.declarations {
            text.push('\n');
            text.push_str(declaration);
        }
        text
    }
}
