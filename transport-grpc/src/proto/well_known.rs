//! Files that are not derived: protobuf's own types, and what sessions share.

use prost::Message;
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    field_descriptor_proto::{Label, Type},
};

/// Where [`object`] stands.
pub(super) const IPC: &str = "ipc.proto";

/// The message that stands for an interface object.
pub(super) fn object() -> DescriptorProto {
    message("Object", &[("index", Type::Uint32)])
}

/// The file `ipc/session.proto`, as a compiler has it; a test keeps the two in step.
pub(crate) fn session() -> Result<FileDescriptorProto, String> {
    FileDescriptorProto::decode(&include_bytes!("../../proto/ipc/session.binpb")[..]).map_err(|error| error.to_string())
}

/// The type of protobuf's own that a core type is on the wire, and its file.
pub(super) fn of(module: &str, name: &str) -> Option<(&'static str, FileDescriptorProto)> {
    if !module.starts_with("ipc_core::") {
        return None;
    }
    let (full, path, name) = match name {
        "Duration" => (".google.protobuf.Duration", "google/protobuf/duration.proto", "Duration"),
        "SystemTime" => (".google.protobuf.Timestamp", "google/protobuf/timestamp.proto", "Timestamp"),
        _ => return None,
    };
    let file = FileDescriptorProto {
        name: Some(path.into()),
        package: Some("google.protobuf".into()),
        message_type: vec![message(name, &[("seconds", Type::Int64), ("nanos", Type::Int32)])],
        syntax: Some("proto3".into()),
        ..Default::default()
    };
    Some((full, file))
}

fn message(name: &str, fields: &[(&str, Type)]) -> DescriptorProto {
    let fields = (1..).zip(fields).map(|(number, (name, ty))| FieldDescriptorProto {
        name: Some((*name).into()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some((*ty).into()),
        ..Default::default()
    });
    DescriptorProto { name: Some(name.into()), field: fields.collect(), ..Default::default() }
}
