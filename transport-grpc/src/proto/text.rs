//! Descriptors as text.

use std::{
    collections::HashMap,
    fmt::{self, Write as _},
};

use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, ServiceDescriptorProto,
    field_descriptor_proto::{Label, Type},
};

/// The text of a file. Comments go by the full names of what they are about.
pub(super) fn file(file: &FileDescriptorProto, comments: &HashMap<String, String>) -> String {
    let package = format!(".{}", file.package());
    let mut printer =
        Printer { text: String::new(), indent: 0, package: package.clone(), shadows: Vec::new(), comments };
    printer.line("// Derived from Rust traits; do not edit.");
    printer.text.push('\n');
    printer.line("syntax = \"proto3\";");
    printer.text.push('\n');
    printer.line(format_args!("package {};", file.package()));
    if !file.dependency.is_empty() {
        printer.text.push('\n');
    }
    for path in &file.dependency {
        printer.line(format_args!("import \"{path}\";"));
    }
    for service in &file.service {
        printer.text.push('\n');
        printer.service(&package, service);
    }
    for message in &file.message_type {
        printer.text.push('\n');
        printer.message(&package, message);
    }
    for item in &file.enum_type {
        printer.text.push('\n');
        printer.enumeration(&package, item);
    }
    printer.text
}

struct Printer<'c> {
    text: String,
    indent: usize,
    package: String,
    /// The names that mean something else where the printer is.
    shadows: Vec<String>,
    comments: &'c HashMap<String, String>,
}

impl Printer<'_> {
    fn line(&mut self, line: impl fmt::Display) {
        let indent = 2 * self.indent;
        writeln!(self.text, "{:indent$}{line}", "").expect("a string takes all");
    }

    fn begin(&mut self, line: impl fmt::Display) {
        self.line(line);
        self.indent += 1;
    }

    fn end(&mut self) {
        self.indent -= 1;
        self.line("}");
    }

    fn comment(&mut self, full: &str) {
        let Some(comment) = self.comments.get(full) else { return };
        for line in comment.lines() {
            let line = format!("// {line}");
            self.line(line.trim_end());
        }
    }

    fn service(&mut self, scope: &str, service: &ServiceDescriptorProto) {
        let full = format!("{scope}.{}", service.name());
        self.comment(&full);
        self.begin(format_args!("service {} {{", service.name()));
        for (n, method) in service.method.iter().enumerate() {
            if n > 0 {
                self.text.push('\n');
            }
            self.comment(&format!("{full}.{}", method.name()));
            let (input, output) = (self.name(method.input_type()), self.name(method.output_type()));
            self.line(format_args!("rpc {}({input}) returns ({output});", method.name()));
        }
        self.end();
    }

    fn message(&mut self, scope: &str, message: &DescriptorProto) {
        let full = format!("{scope}.{}", message.name());
        self.comment(&full);
        if message.field.is_empty() && message.nested_type.is_empty() {
            return self.line(format_args!("message {} {{}}", message.name()));
        }
        self.begin(format_args!("message {} {{", message.name()));
        let shadows = self.shadows.len();
        self.shadows.extend(message.nested_type.iter().map(|nested| nested.name().to_owned()));
        for nested in message.nested_type.iter().filter(|nested| !is_map_entry(nested)) {
            self.message(&full, nested);
            self.text.push('\n');
        }
        let is_choice = message.field.iter().all(|field| field.oneof_index.is_some() && !field.proto3_optional());
        if is_choice {
            self.begin(format_args!("oneof {} {{", message.oneof_decl[0].name()));
        }
        for field in &message.field {
            self.comment(&format!("{full}.{}", field.name()));
            let ty = self.type_of(&full, message, field);
            let label = match field.label() {
                Label::Repeated if !ty.starts_with("map<") => "repeated ",
                _ if field.proto3_optional() => "optional ",
                _ => "",
            };
            self.line(format_args!("{label}{ty} {} = {};", field.name(), field.number()));
        }
        if is_choice {
            self.end();
        }
        self.shadows.truncate(shadows);
        self.end();
    }

    fn enumeration(&mut self, scope: &str, item: &EnumDescriptorProto) {
        self.comment(&format!("{scope}.{}", item.name()));
        self.begin(format_args!("enum {} {{", item.name()));
        for value in &item.value {
            self.line(format_args!("{} = {};", value.name(), value.number()));
        }
        self.end();
    }

    fn type_of(&self, full: &str, message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
        let entry = message
            .nested_type
            .iter()
            .find(|nested| is_map_entry(nested) && field.type_name() == format!("{full}.{}", nested.name()));
        if let Some(entry) = entry {
            let [key, value] = [0, 1].map(|n| self.type_of(full, message, &entry.field[n]));
            return format!("map<{key}, {value}>");
        }
        match field.r#type() {
            Type::Message | Type::Enum => match field.type_name().strip_prefix(&format!("{full}.")) {
                Some(nested) => nested.to_owned(),
                None => self.name(field.type_name()),
            },
            scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_ascii_lowercase(),
        }
    }

    /// A name as it can be written here.
    fn name(&self, full: &str) -> String {
        let local = full.strip_prefix(&self.package).and_then(|name| name.strip_prefix('.'));
        match local {
            Some(name) if !name.contains('.') && !self.shadows.iter().any(|other| other == name) => name.to_owned(),
            _ => full.to_owned(),
        }
    }
}

fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry())
}
