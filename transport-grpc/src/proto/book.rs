//! Which declarations there are, and in which file each stands.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ipc_core::{interface::InterfaceSchema, value::Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet, ServiceDescriptorProto,
};

use super::{Result, error, text, well_known};

/// All files while they are written.
pub(super) struct Book {
    files: BTreeMap<String, FileDescriptorProto>,
    /// What is declared: by its full name what tells it from others of the name, and its file.
    names: HashMap<String, (String, String)>,
    /// What there is to say of what has this full name.
    comments: HashMap<String, String>,
    /// What is mentioned and not declared yet.
    queue: Vec<Declaration>,
    imports: BTreeMap<String, FileDescriptorProto>,
}

type Declaration = Box<dyn FnOnce(&mut Book) -> Result<()>>;

/// What can stand in a file.
pub(super) enum Item {
    Message(DescriptorProto),
    Enum(EnumDescriptorProto),
    Service(ServiceDescriptorProto),
}

impl Book {
    pub(super) fn new() -> Self {
        Self {
            files: BTreeMap::new(),
            names: HashMap::new(),
            comments: HashMap::new(),
            queue: Vec::new(),
            imports: BTreeMap::new(),
        }
    }

    /// Has a type declared, and all that it mentions.
    pub(super) fn mention(&mut self, user: &str, ty: &Type) -> Result<()> {
        self.type_of(&super::names::package(user), ty)?;
        self.drain()
    }

    /// Has an interface declared, and all that it mentions.
    pub(super) fn interface(&mut self, schema: &'static InterfaceSchema) -> Result<()> {
        self.service(schema)?;
        self.drain()
    }

    /// Has a closure declared, and all that it mentions.
    pub(super) fn closure(&mut self, user: &str, schema: &'static InterfaceSchema) -> Result<()> {
        self.closure_messages(&super::names::package(user), schema)?;
        self.drain()
    }

    /// Has something declared under this name, once, by `declare`. `what` tells it from others of the name. Gives the full
    /// name.
    pub(super) fn declare(
        &mut self,
        package: &str,
        path: &str,
        name: &str,
        what: String,
        declare: impl FnOnce(&mut Self, &str) -> Result<Item> + 'static,
    ) -> Result<String> {
        let full = format!(".{package}.{name}");
        match self.names.get(&full) {
            Some((other, _)) if *other == what => {}
            Some((other, _)) => {
                return error(format!(
                    "two declarations of the name `{name}` in the package {package}: {other}; and {what}. Rename one"
                ));
            }
            None => {
                self.names.insert(full.clone(), (what, path.to_owned()));
                let (package, path, full) = (package.to_owned(), path.to_owned(), full.clone());
                self.queue.push(Box::new(move |book| {
                    let item = declare(book, &full)?;
                    book.add(&package, &path, item);
                    Ok(())
                }));
            }
        }
        Ok(full)
    }

    /// Notes what there is to say of what has this full name.
    pub(super) fn comment(&mut self, full: String, comment: impl Into<String>) {
        self.comments.insert(full, comment.into());
    }

    /// Has a file of protobuf's own imported.
    pub(super) fn import(&mut self, full: &str, file: FileDescriptorProto) -> String {
        let path = file.name().to_owned();
        self.names.insert(full.to_owned(), (full.to_owned(), path.clone()));
        self.imports.insert(path, file);
        full.to_owned()
    }

    /// The message that stands for an object.
    pub(super) fn object(&mut self) -> Result<String> {
        let name = self.declare("ipc", well_known::IPC, "Object", "an object".into(), |_, _| {
            Ok(Item::Message(well_known::object()))
        })?;
        let comment = "A reference to an object: its index among the objects of the frame that carries this message. Such\n\
                       messages need a session; see transport-grpc/PROTOCOL.md.";
        self.comment(name.clone(), comment);
        Ok(name)
    }

    fn add(&mut self, package: &str, path: &str, item: Item) {
        let file = self.files.entry(path.to_owned()).or_insert_with(|| FileDescriptorProto {
            name: Some(path.to_owned()),
            package: Some(package.to_owned()),
            syntax: Some("proto3".to_owned()),
            ..Default::default()
        });
        match item {
            Item::Message(message) => file.message_type.push(message),
            Item::Enum(item) => file.enum_type.push(item),
            Item::Service(service) => file.service.push(service),
        }
    }

    fn drain(&mut self) -> Result<()> {
        while let Some(declaration) = self.queue.pop() {
            declaration(self)?;
        }
        Ok(())
    }

    /// Puts everything in an order that depends on nothing but itself, and has files import what they mention.
    pub(super) fn finish(mut self) -> Result<Self> {
        self.drain()?;
        let names = &self.names;
        for (path, file) in &mut self.files {
            file.message_type.sort_by(|a, b| a.name().cmp(b.name()));
            file.enum_type.sort_by(|a, b| a.name().cmp(b.name()));
            file.service.sort_by(|a, b| a.name().cmp(b.name()));
            let mut mentioned = BTreeSet::new();
            let methods = file.service.iter().flat_map(|service| &service.method);
            for method in methods {
                mentioned.extend([method.input_type().to_owned(), method.output_type().to_owned()]);
            }
            for message in &file.message_type {
                mentions(message, &mut mentioned);
            }
            let paths = mentioned.iter().filter_map(|name| names.get(name)).map(|(_, path)| path);
            let imports: BTreeSet<&String> = paths.filter(|other| *other != path).collect();
            file.dependency = imports.into_iter().cloned().collect();
        }
        Ok(self)
    }

    pub(super) fn texts(&self) -> BTreeMap<String, String> {
        self.files.iter().map(|(path, file)| (path.clone(), text::file(file, &self.comments))).collect()
    }

    pub(super) fn descriptors(self) -> FileDescriptorSet {
        FileDescriptorSet { file: self.imports.into_values().chain(self.files.into_values()).collect() }
    }
}

/// The names of the types of a message's fields.
fn mentions(message: &DescriptorProto, into: &mut BTreeSet<String>) {
    into.extend(
        message.field.iter().filter(|field| field.type_name.is_some()).map(|field| field.type_name().to_owned()),
    );
    for nested in &message.nested_type {
        mentions(nested, into);
    }
}
