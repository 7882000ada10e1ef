//! Everything that a compiled schema says of its members, as lines that can be compared.

use std::collections::BTreeMap;

use capnp::{
    message::{Reader, ReaderOptions},
    schema_capnp::{code_generator_request, field, method, node, type_, value},
    serialize::{self, OwnedSegments},
};

use crate::tool;

/// A compiled file.
pub struct Members {
    message: Reader<OwnedSegments>,
    file: u64,
}

impl Members {
    /// Compiles one of these files.
    ///
    /// # Panics
    ///
    /// If it does not compile, or the tool is missing.
    pub fn of(texts: &BTreeMap<String, String>, file: &str) -> Self {
        let request = tool::Schemas::new(texts).compile(file);
        let mut options = ReaderOptions::new();
        options.traversal_limit_in_words(None);
        let message = serialize::read_message(&mut &*request, options).expect("the tool writes messages");
        let root: code_generator_request::Reader<'_> = message.get_root().expect("the tool writes a request");
        let file = root.get_requested_files().expect("a list").get(0).get_id();
        Self { message, file }
    }

    /// A line for each declaration in the file but constants and annotations, and for each of their members: name, id or
    /// ordinal, type, place and default.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("file {:#x}", self.file)];
        let nodes = self.root().get_nodes().expect("a list");
        for node in nodes.iter().filter(|node| node.get_scope_id() == self.file) {
            match node.which().expect("a known node") {
                node::Interface(interface) => self.interface(node, interface, &mut lines),
                node::Struct(record) => {
                    lines.push(format!("struct {} {:#x} {}", name(node), node.get_id(), size(record)));
                    self.fields(&name(node), record, &mut lines);
                }
                node::Enum(_) => lines.push(format!("enum {} {:#x}", name(node), node.get_id())),
                _ => {}
            }
        }
        lines
    }

    fn interface(&self, node: node::Reader<'_>, interface: node::interface::Reader<'_>, lines: &mut Vec<String>) {
        let bases = interface.get_superclasses().expect("a list");
        let bases: Vec<String> = bases.iter().map(|base| format!("{:#x}", base.get_id())).collect();
        lines.push(format!("interface {} {:#x} extends {bases:?}", name(node), node.get_id()));
        // In the order of their ordinals.
        for (ordinal, method) in interface.get_methods().expect("a list").iter().enumerate() {
            let what = format!("{}.{}", name(node), method_name(method));
            lines.push(format!("method {what} @{ordinal}"));
            for (part, id) in
                [("parameters", method.get_param_struct_type()), ("results", method.get_result_struct_type())]
            {
                let record = self.record(id);
                let what = format!("{what} {part}");
                lines.push(format!("fields {what} {}", size(record)));
                self.fields(&what, record, lines);
            }
        }
    }

    fn fields(&self, of: &str, record: node::struct_::Reader<'_>, lines: &mut Vec<String>) {
        for (ordinal, field) in record.get_fields().expect("a list").iter().enumerate() {
            let name = field.get_name().expect("a name").to_str().expect("UTF-8");
            let field::Slot(slot) = field.which().expect("a known field") else {
                lines.push(format!("field {of}.{name} is a group"));
                continue;
            };
            let (ty, at) = (slot.get_type().expect("a type"), slot.get_offset());
            let default = bits(slot.get_default_value().expect("a default"));
            let tag = field.get_discriminant_value();
            let ty = type_name(ty);
            lines.push(format!("field {of}.{name} @{ordinal} {ty} at {at} default {default:#x} tag {tag}"));
        }
    }

    fn record(&self, id: u64) -> node::struct_::Reader<'_> {
        let nodes = self.root().get_nodes().expect("a list");
        let node = nodes.iter().find(|node| node.get_id() == id).expect("the request has all nodes");
        match node.which().expect("a known node") {
            node::Struct(record) => record,
            _ => panic!("{} is no struct", name(node)),
        }
    }

    fn root(&self) -> code_generator_request::Reader<'_> {
        self.message.get_root().expect("it was read before")
    }
}

/// The name inside of the file.
fn name(node: node::Reader<'_>) -> String {
    let whole = node.get_display_name().expect("a name").to_str().expect("UTF-8");
    whole[node.get_display_name_prefix_length() as usize..].to_owned()
}

fn method_name(method: method::Reader<'_>) -> String {
    method.get_name().expect("a name").to_string().expect("UTF-8")
}

fn size(record: node::struct_::Reader<'_>) -> String {
    format!("{} words {} pointers", record.get_data_word_count(), record.get_pointer_count())
}

/// Named types by their ids, which names are in.
fn type_name(ty: type_::Reader<'_>) -> String {
    match ty.which().expect("a known type") {
        type_::List(list) => format!("List({})", type_name(list.get_element_type().expect("a type"))),
        type_::Struct(ty) => format!("struct {:#x}", ty.get_type_id()),
        type_::Interface(ty) => format!("interface {:#x}", ty.get_type_id()),
        type_::Enum(ty) => format!("enum {:#x}", ty.get_type_id()),
        type_::Void(()) => "Void".into(),
        type_::Bool(()) => "Bool".into(),
        type_::Int8(()) => "Int8".into(),
        type_::Int16(()) => "Int16".into(),
        type_::Int32(()) => "Int32".into(),
        type_::Int64(()) => "Int64".into(),
        type_::Uint8(()) => "UInt8".into(),
        type_::Uint16(()) => "UInt16".into(),
        type_::Uint32(()) => "UInt32".into(),
        type_::Uint64(()) => "UInt64".into(),
        type_::Float32(()) => "Float32".into(),
        type_::Float64(()) => "Float64".into(),
        type_::Text(()) => "Text".into(),
        type_::Data(()) => "Data".into(),
        type_::AnyPointer(_) => "AnyPointer".into(),
    }
}

/// The bits of a primitive's default.
fn bits(default: value::Reader<'_>) -> u64 {
    match default.which().expect("a known value") {
        value::Bool(v) => v.into(),
        value::Int8(v) => i64::from(v).cast_unsigned(),
        value::Int16(v) => i64::from(v).cast_unsigned(),
        value::Int32(v) => i64::from(v).cast_unsigned(),
        value::Int64(v) => v.cast_unsigned(),
        value::Uint8(v) => v.into(),
        value::Uint16(v) => v.into(),
        value::Uint32(v) => v.into(),
        value::Uint64(v) => v,
        value::Float32(v) => v.to_bits().into(),
        value::Float64(v) => v.to_bits(),
        value::Enum(v) => v.into(),
        _ => 0,
    }
}
