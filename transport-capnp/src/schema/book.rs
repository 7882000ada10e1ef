//! Which declarations there are, and in which file each stands.

use std::collections::{BTreeMap, HashMap, VecDeque};

use ipc_core::{
    interface::InterfaceSchema,
    value::{Field, Type, Variant},
};

use super::{File, PROXY, PROXY_FILE, Result, error, names, page::Page, types};

/// Something to declare.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Interface(&'static InterfaceSchema),
    Record(Vec<Field>),
    Union(&'static [Variant]),
    Enum(&'static [&'static str]),
    /// An optional that has no place of its own: a struct of one field.
    Wrapper(Type),
    /// The pair that a map's entry is: key and value.
    Entry(Type, Type),
}

/// All files while they are written.
pub(super) struct Book<'s> {
    files: &'s [File],
    pub(super) pages: Vec<Page>,
    /// Where the interfaces are, by their ids.
    interfaces: HashMap<u64, (usize, String)>,
    queue: VecDeque<(usize, String, Item)>,
}

impl<'s> Book<'s> {
    pub(super) fn new(files: &'s [File]) -> Result<Self> {
        if files.is_empty() {
            return error("expected at least one file");
        }
        let pages = files
            .iter()
            .map(|file| Page::new(file.id.unwrap_or_else(|| names::file_id(&file.module, &file.name))))
            .collect();
        Ok(Self { files, pages, interfaces: HashMap::new(), queue: VecDeque::new() })
    }

    /// Has an interface declared, in the file that `from` is if no other claims it.
    pub(super) fn interface(&mut self, from: usize, schema: &'static InterfaceSchema) -> Result<String> {
        let (file, name) = match self.interfaces.get(&schema.id) {
            Some(place) => place.clone(),
            None => (self.claimed(schema.module).unwrap_or(from), types::interface_name(schema)),
        };
        self.interfaces.insert(schema.id, (file, name.clone()));
        self.declare(file, &name, schema.describe(), || Item::Interface(schema))?;
        Ok(self.reference(from, file, name))
    }

    pub(super) fn request_interface(&mut self, schema: &'static InterfaceSchema) -> Result<()> {
        self.interface(self.claimed(schema.module).unwrap_or(0), schema)?;
        self.drain()
    }

    pub(super) fn request_type(&mut self, ty: &Type) -> Result<()> {
        let from = match ty {
            Type::Named(name, _) | Type::Enum(name, _) => self.claimed(name.module).unwrap_or(0),
            _ => 0,
        };
        types::reference(self, from, ty)?;
        self.drain()
    }

    /// Has a struct, a union or an enum declared: in its file if it has one, else in the one that needs it.
    pub(super) fn local(&mut self, from: usize, ty: &Type, item: impl FnOnce() -> Item) -> Result<String> {
        let file = match ty {
            Type::Named(name, _) | Type::Enum(name, _) => self.claimed(name.module).unwrap_or(from),
            _ => from,
        };
        let name = names::type_name(&ty.name());
        self.declare(file, &name, ty.describe(), item)?;
        Ok(self.reference(from, file, name))
    }

    /// Has `item` declared under this name, once. `what` tells it from others of the name.
    pub(super) fn declare(&mut self, file: usize, name: &str, what: String, item: impl FnOnce() -> Item) -> Result<()> {
        match self.pages[file].names.get(name) {
            Some(other) if *other == what => Ok(()),
            Some(other) => error(format!(
                "two declarations of the name `{name}` in {}: {other}; and {what}. Rename one, or give it another file",
                self.files[file].name
            )),
            None => {
                self.pages[file].names.insert(name.to_owned(), what);
                self.queue.push_back((file, name.to_owned(), item()));
                Ok(())
            }
        }
    }

    /// Writes all declarations that are asked for, and those that they ask for.
    fn drain(&mut self) -> Result<()> {
        while let Some((file, name, item)) = self.queue.pop_front() {
            let text = super::declare::text(self, file, &name, &item)?;
            self.pages[file].declarations.push(text);
        }
        Ok(())
    }

    /// How `from` refers to a name in `file`.
    fn reference(&mut self, from: usize, file: usize, name: String) -> String {
        if from == file {
            return name;
        }
        self.pages[from].imports.insert(file);
        format!("{}.{name}", alias(&self.files[file].name))
    }

    /// The file that claims this module.
    fn claimed(&self, module: &str) -> Option<usize> {
        let claims = |file: &File| {
            module.strip_prefix(file.module.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        let claiming = self.files.iter().enumerate().filter(|(_, file)| claims(file));
        claiming.max_by_key(|(_, file)| file.module.len()).map(|(number, _)| number)
    }

    pub(super) fn finish(mut self) -> Result<BTreeMap<String, String>> {
        self.drain()?;
        let mut texts = BTreeMap::from([(PROXY_FILE.to_owned(), PROXY.to_owned())]);
        for (file, page) in self.files.iter().zip(&self.pages) {
            let imports = page.imports.iter().map(|&import| self.files[import].name.as_str());
            let imports: Vec<(String, &str)> = imports.map(|name| (alias(name), name)).collect();
            for (alias, import) in &imports {
                if page.names.contains_key(alias) {
                    let name = &file.name;
                    return error(format!("{name} declares `{alias}`, and calls {import} so, which it imports"));
                }
            }
            if page.names.contains_key("Proxy") {
                return error(format!("{} declares `Proxy`, and calls {PROXY_FILE} so, which it imports", file.name));
            }
            if texts.insert(file.name.clone(), page.text(&imports)).is_some() {
                return error(format!("two files are named {}", file.name));
            }
        }
        Ok(texts)
    }
}

/// What a file is called in those that import it. Its folders count: files of one name may differ in them.
fn alias(name: &str) -> String {
    names::type_name(&name.trim_end_matches(".capnp").replace(['-', '.', '/'], "_"))
}
